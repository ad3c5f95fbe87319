"""Replay: the local Platform's responses to each verb of each kind, recorded once, and replayed with one response changed.

A server between the provider and the local Platform first passes everything on and records it, then answers alone. Thousands of
cases therefore need no Platform, and each reaches the code where its real responses do.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import requests
from dynamic_host import Host, Kind, Made, Values
from examples import Example
from ground import Ground

from aep_pulumi.resources._fields import marked
from aep_pulumi.resources._marks import REPLACES

SCALE = float(os.environ.get("AEP_TEST_SCALE", "1"))
"""The factor by which the number of cases is raised: 20 makes 2,000 of each sort."""

VERBS = ("check", "create", "diff", "read", "update", "delete")

_fresh = count(1)
_SKIPPED = frozenset({"transfer-encoding", "content-encoding", "content-length", "connection", "server", "date"})


@dataclass(frozen=True)
class Reply:
    """A response of Platform. Without content, `after` decides what happens to the connection."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    after: Callable[[Any], None] | None = None

    @property
    def body(self) -> Any:
        """Its JSON."""
        return json.loads(self.content)


Change = Callable[[Reply], Reply]


@dataclass
class Play:
    """The recorded responses to one verb, one of which is changed.

    Attributes:
        replies: by method and path, in order.
        at: the number of the request whose response is changed, from 0; -1 for none.
        change: the change.
    """

    replies: Mapping[tuple[str, str], list[Reply]] = field(default_factory=dict)
    at: int = -1
    change: Change = lambda reply: reply
    requested: list[str] = field(default_factory=list)
    _counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str) -> Reply:
        """The next response to such a request; 404 if it was never recorded."""
        with self._lock:
            replies = self.replies.get((method, path), [])
            number = self._counts[method, path]
            self._counts[method, path] += 1
            is_changed = len(self.requested) == self.at
            self.requested.append(f"{method} {path}")
        nothing = Reply(200 if method == "GET" else 404, {"Content-Type": "application/json"}, b"{}")
        reply = replies[min(number, len(replies) - 1)] if replies else nothing
        return self.change(reply) if is_changed else reply

    @property
    def is_changed(self) -> bool:
        """Whether the changed response was sent."""
        return 0 <= self.at < len(self.requested)


class Server:
    """Answers from the play of each endpoint: the first step of a path names the play."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.plays: dict[str, Play] = {}
        self.recording: dict[tuple[str, str], list[Reply]] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_words: object) -> None:
                """No output."""

            def _serve(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                _, name, rest = self.path.split("/", 2)
                path = urlsplit(f"/{rest}").path
                if name in outer.plays:
                    reply = outer.plays[name].answer(self.command, path)
                else:
                    reply = outer.passed_on(self.command, f"/{rest}", path, dict(self.headers), content)
                with suppress(OSError):
                    self._send(reply)
                self.close_connection = True

            def _send(self, reply: Reply) -> None:
                if reply.after is None:
                    self.send_response_only(reply.status)
                    for header, value in {
                        **reply.headers,
                        "Content-Length": str(len(reply.content)),
                        "Connection": "close",
                    }.items():
                        self.send_header(header, value)
                    self.end_headers()
                    self.wfile.write(reply.content)
                else:
                    reply.after(self.connection)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._serve)  # noqa: SLF001 - the handler's own name for it

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_request: object) -> None:
                """Ignore clients that hang up."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    def passed_on(self, method: str, path_and_query: str, path: str, headers: dict[str, str], content: bytes) -> Reply:
        """Platform's own response, recorded if recording is on."""
        kept = {name: value for name, value in headers.items() if name.lower() not in {"host", "connection", "accept-encoding"}}
        answer = self._session.request(method, self.platform + path_and_query, data=content, headers=kept, timeout=60)
        shown = {name: value for name, value in answer.headers.items() if name.lower() not in _SKIPPED}
        reply = Reply(answer.status_code, shown, answer.content)
        if self.recording is not None:
            self.recording.setdefault((method, path), []).append(reply)
        return reply

    def host(self, play: Play | None = None, **settings: str) -> Host:
        """A provider host whose Platform answers from this play; without a play, from the local Platform."""
        number = next(_fresh)
        name = f"play-{number}" if play else f"platform-{number}"
        if play:
            self.plays[name] = play
        where = {"endpoint": f"{self.url}/{name}", "imsEndpoint": f"{self.url}/{name}", "organization": "LOCAL@AdobeOrg"}
        who = {"sandbox": "dev", "clientId": "local-client", "clientSecret": "local-secret"}
        waits = {"settleS": "0", "readyS": "0", "deadlineS": "0.2", "readTimeoutS": "60"}
        return Host({f"aep:{key}": value for key, value in (where | who | waits | settings).items()})


@dataclass(frozen=True)
class Recorded:
    """The arguments of a kind's verbs, and Platform's responses to each."""

    kind: Kind
    program_inputs: Values
    changed: Values
    made: Made
    replies: Mapping[str, Mapping[tuple[str, str], list[Reply]]]

    def requests(self, verb: str) -> int:
        """The number of requests that the verb sends."""
        return sum(map(len, self.replies[verb].values()))

    def play(self, verb: str, at: int = -1, change: Change = lambda reply: reply) -> Play:
        """The verb's responses, one of them changed."""
        return Play(self.replies[verb], at, change)

    def perform(self, host: Host, verb: str, made: Made | None = None, program_inputs: Values | None = None) -> object:
        """Perform the verb as the engine does."""
        made, program_inputs = (
            made or self.made,
            program_inputs or (self.program_inputs if verb in {"check", "create"} else self.changed),
        )
        match verb:
            case "check":
                return host.check(self.kind, program_inputs, in_preview=True)
            case "create":
                return host.create(self.kind, program_inputs)
            case "diff":
                # Without the check of a preview, which is an operation of its own.
                return host.diff(made, host.accepted(made, program_inputs))
            case "read":
                return host.read(made)
            case "update":
                return host.update(made, program_inputs)
        host.delete(made)
        return None


def recorded(server: Server, kind: Kind, example: Example, ground: Ground) -> Recorded:
    """Perform every verb of a kind on the local Platform, and record the responses."""
    assert ground is not None
    program_inputs = example.full
    replaces = marked(kind.provider.inputs, REPLACES)
    changes = [
        each.in_place_of(program_inputs)
        for name, each in example.fields.items()
        if each.of == "full" and each.writes and not any(f"{name}.".startswith(f"{mark}.") for mark in replaces)
    ]
    changed = changes[0] if changes else program_inputs
    replies: dict[str, dict[tuple[str, str], list[Reply]]] = {}

    def keep(verb: str, act: Callable[[Host], Any]) -> Any:
        # With a new client each: requests that a process sends only once are in each recording.
        server.recording = {}
        try:
            done = act(server.host(deadlineS="60", allowDestructive="true"))
        finally:
            replies[verb], server.recording = server.recording, None
        return done

    keep("check", lambda host: host.check(kind, program_inputs, in_preview=True))
    made = keep("create", lambda host: host.create(kind, program_inputs))
    keep("diff", lambda host: host.preview(made, changed))
    keep("read", lambda host: host.read(made))
    keep("update", lambda host: host.update(made, changed))
    keep("delete", lambda host: host.delete(made))
    return Recorded(kind, program_inputs, changed, made, replies)


@contextmanager
def running(platform: str) -> Iterator[Server]:
    """A server in front of the local Platform at this address."""
    server = Server(platform)
    try:
        yield server
    finally:
        server.close()


def dripping(pause_s: float, *, headers: bool) -> Callable[[Any], None]:
    """Sends bytes one by one, in the headers or in the content, for a minute."""

    def drip(connection: Any) -> None:
        whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + b" " * 100000
        end = time.monotonic() + 60
        if not headers:
            connection.sendall(whole[:-100000])
            whole = whole[-100000:]
        for byte in whole:
            connection.sendall(bytes([byte]))
            time.sleep(pause_s)
            if time.monotonic() > end:
                return

    return drip


def endless(connection: Any) -> None:
    """Sends endless content, as fast as it is read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b'["a"],' * 10922 + b"    " + b"\r\n"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        connection.sendall(chunk)


def silent(connection: Any) -> None:
    """Sends nothing, for a minute or until the client hangs up."""
    connection.settimeout(60)
    with suppress(OSError):
        connection.recv(1)
