"""Plain client: calls the local Platform using only `requests`, independently of the provider's client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]

TIMEOUT_S = 20.0
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "local-client",
    "client_secret": "local-secret",
    "scope": "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext",
}


@dataclass
class LocalProcess:
    """A running emulator and its home folder."""

    home: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """The URL in its address file."""
        return str(json.loads((self.home / "platform.json").read_text(encoding="utf-8"))["url"])

    def contents(self) -> bytes:
        """The content of all files in its home folder."""
        return b"".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Stop it by a signal. Returns the exit code and stderr."""
        os.kill(self.process.pid, number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """Wait until it exits. Returns the exit code and stderr."""
        _, stderr = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, stderr


def launch(home: Path, *options: str) -> LocalProcess:
    """Start a process without waiting until it listens."""
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home), "--idle-minutes", "300", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return LocalProcess(home, process)


def start(home: Path, *options: str) -> LocalProcess:
    """Start a process, and wait until it listens."""
    (home / "platform.json").unlink(missing_ok=True)
    local = launch(home, *options)
    deadline = time.monotonic() + TIMEOUT_S
    while not (home / "platform.json").exists():
        if local.process.poll() is not None or time.monotonic() > deadline:
            local.process.kill()
            raise AssertionError(f"the local Platform did not start: {local.wait()}")
        time.sleep(0.005)
    return local


@dataclass(frozen=True)
class Request:
    """One request: a path under `/data/`, a body and headers."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Headers in addition to the default ones, or overriding them; None omits a default header."""

    raw: bytes | None = None
    """The raw body, sent in place of the JSON body."""


class Platform:
    """A client of the local Platform, for one sandbox."""

    def __init__(self, session: requests.Session, url: str, sandbox: str = "dev") -> None:
        self.session = session
        self.url = url
        self.token = ""
        self.sandbox = sandbox
        self.client_id = CREDENTIALS["client_id"]

    def log_in(self) -> Platform:
        """Request a token and use it from now on."""
        return self._log_in(CREDENTIALS)

    def as_client(self, client_id: str, secret: str) -> Platform:
        """A client with another credential, logged in."""
        other = Platform(self.session, self.url, self.sandbox)
        return other._log_in({**CREDENTIALS, "client_id": client_id, "client_secret": secret})

    def _log_in(self, credentials: Mapping[str, str]) -> Platform:
        response = self.session.post(self.url + "/ims/token/v3", data=credentials)
        self.client_id, self.token = credentials["client_id"], response.json()["access_token"]
        return self

    def in_sandbox(self, sandbox: str) -> Platform:
        """The same client for another sandbox."""
        other = Platform(self.session, self.url, sandbox)
        other.client_id, other.token = self.client_id, self.token
        return other

    def send(self, request: Request) -> requests.Response:
        """Send a request."""
        default_headers: dict[str, str | None] = {
            "Authorization": f"Bearer {self.token}",
            "x-api-key": self.client_id,
            "x-gw-ims-org-id": "LOCAL@AdobeOrg",
            "x-sandbox-name": self.sandbox,
            "Content-Type": "application/json" if request.body is not None or request.raw is not None else None,
        }
        sent = request.raw if request.raw is not None else None if request.body is None else json.dumps(request.body).encode()
        base = self.url if request.path.startswith(("/ims/", "/_local/")) else self.url + "/data"
        headers = {name: value for name, value in {**default_headers, **request.headers}.items() if value is not None}
        return self.session.request(request.method, base + request.path, data=sent, headers=headers)

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that must succeed. Returns its JSON, or None without a body."""
        request = Request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = self.send(request)
        assert response.ok, (request, response.status_code, response.text)
        return response.json() if response.content else None

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Call the control API as a local tool."""
        return self.send(Request(method, "/_local" + path, body, {"x-local-control": "yes"}))

    def move_clock(self, seconds: float) -> None:
        """Move Platform's clock ahead, and log in again: the token may have expired by then."""
        assert self.control("POST", "/clock", {"ahead_s": seconds}).ok
        self.log_in()


def code_of(response: requests.Response) -> str | None:
    """The code of an error response, whose location depends on the service."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        return None
    body = response.json()
    kind = str(body.get("type", "")).rsplit("/", maxsplit=1)[-1]
    code = body.get("error_code") or body.get("code") or body.get("error") or (kind if "-" in kind else None)
    # In Identity Service, a conflict has its code as the title.
    return code or (body.get("title") if body.get("status") == requests.codes.conflict else None)
