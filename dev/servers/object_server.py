"""A stand-in for S3, for tests and benchmarks: moto's server in a process of its own, on 127.0.0.1.

It answers one request at a time, so that a conditional write is atomic, as on S3.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import requests

KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local-secret-key", "AWS_REGION": "us-east-1"}
"""The environment for its clients."""

_SERVER = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

WSGIRequestHandler.log_request = lambda *_: None
WSGIRequestHandler.protocol_version = "HTTP/1.0"
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(server.server_port, flush=True)
server.serve_forever()
"""


class ObjectServer:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._numbers = count()

    def bucket(self, prefix: str = "") -> str:
        """A new bucket, as the URL of a backend."""
        name = f"states-{next(self._numbers)}"
        signature = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request"}
        requests.put(f"{self.url}/{name}", headers=signature, timeout=30).raise_for_status()
        return f"s3://{name}{prefix}?region=us-east-1&endpoint={self.url}&s3ForcePathStyle=true"


@contextmanager
def objects() -> Iterator[ObjectServer | None]:
    """A running server; None if moto is not installed."""
    if any(importlib.util.find_spec(module) is None for module in ("moto", "flask_cors")):
        yield None
        return
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            yield ObjectServer(int(server.stdout.readline() if server.stdout else ""))
        finally:
            server.kill()
