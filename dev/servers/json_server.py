"""A service for tests whose responses a function decides."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def json_server(respond: Callable[[str, str, Message], tuple[int, object]], now_s: float) -> Iterator[str]:
    """Serve on this machine, for the duration of a test; yields the service's URL.

    Args:
        respond: returns status and body for a request's method, its path with the query, and its headers.
        now_s: the time of the service's clock.
    """

    class Responding(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond("GET")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._respond("POST")

        def _respond(self, method: str) -> None:
            status, body = respond(method, self.path, self.headers)
            content = json.dumps(body).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(now_s, usegmt=True))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's parameter name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Responding)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
