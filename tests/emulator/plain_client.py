"""Plain client: the local Platform spoken to with `requests` alone, so that two readings of the manual meet in a test."""

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

PATIENCE_S = 20.0
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "local-client",
    "client_secret": "local-secret",
    "scope": "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext",
}


@dataclass
class LocalProcess:
    """A running emulator and the folder it lives in."""

    home: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where it listens, as its address file says."""
        return str(json.loads((self.home / "platform.json").read_text(encoding="utf-8"))["url"])

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal: its exit code and what it said."""
        os.kill(self.process.pid, number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for its end: its exit code and what it said."""
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


def launch(home: Path, *options: str) -> LocalProcess:
    """Start a process, and do not wait for anything."""
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return LocalProcess(home, process)


def started(home: Path, *options: str) -> LocalProcess:
    """Start a process that listens."""
    (home / "platform.json").unlink(missing_ok=True)
    local = launch(home, *options)
    give_up_at = time.monotonic() + PATIENCE_S
    while not (home / "platform.json").exists():
        if local.process.poll() is not None or time.monotonic() > give_up_at:
            local.process.kill()
            raise AssertionError(f"the local Platform did not start: {local.ended()}")
        time.sleep(0.005)
    return local


@dataclass(frozen=True)
class Ask:
    """One request, ready to be spoiled: a path under `/data/`, and everything that goes with it."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """What is sent beside the usual headers, or instead of them; None leaves a usual one out."""

    raw: bytes | None = None
    """What is sent instead of the body as JSON."""


class Platform:
    """The local Platform, in one sandbox."""

    def __init__(self, session: requests.Session, url: str, sandbox: str = "dev") -> None:
        self.session = session
        self.url = url
        self.token = ""
        self.sandbox = sandbox

    def log_in(self) -> Platform:
        """Fetch a token and keep it."""
        answer = self.session.post(self.url + "/ims/token/v3", data=CREDENTIALS)
        self.token = answer.json()["access_token"]
        return self

    def in_sandbox(self, sandbox: str) -> Platform:
        """The same Platform seen from another sandbox."""
        other = Platform(self.session, self.url, sandbox)
        other.token = self.token
        return other

    def send(self, ask: Ask) -> requests.Response:
        """Send a request as it is."""
        usual: dict[str, str | None] = {
            "Authorization": f"Bearer {self.token}",
            "x-api-key": "local-client",
            "x-gw-ims-org-id": "LOCAL@AdobeOrg",
            "x-sandbox-name": self.sandbox,
            "Content-Type": "application/json" if ask.body is not None or ask.raw is not None else None,
        }
        sent = ask.raw if ask.raw is not None else None if ask.body is None else json.dumps(ask.body).encode()
        base = self.url if ask.path.startswith(("/ims/", "/_local/")) else self.url + "/data"
        headers = {name: value for name, value in {**usual, **ask.headers}.items() if value is not None}
        return self.session.request(ask.method, base + ask.path, data=sent, headers=headers)

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that must succeed: its JSON, or None."""
        ask = Ask(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.send(ask)
        assert answer.ok, (ask, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Call the control API as a tool of this machine does."""
        return self.send(Ask(method, "/_local" + path, body, {"x-local-control": "yes"}))


def code_of(answer: requests.Response) -> str | None:
    """The code of an error, wherever its service puts it."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    body = answer.json()
    kind = str(body.get("type", "")).rsplit("/", maxsplit=1)[-1]
    return body.get("error_code") or body.get("code") or body.get("error") or (kind if "-" in kind else None)
