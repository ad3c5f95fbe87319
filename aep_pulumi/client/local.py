"""Local: finds the local Platform of this checkout, and starts it where none runs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import requests

from aep_pulumi.client.home import HOME_VARIABLE, home
from aep_pulumi.errors import SettingsError, UnreachableError
from aep_pulumi.extras import require

_START_S = 20.0
_POLL_S = 0.05
_ANSWER_S = 10.0
_CONTROL = {"x-local-control": "yes"}
"""What tells the control API that no web page is asking."""


def running_url(folder: Path) -> str | None:
    """The address of the local Platform that answers for this folder, or None where none does."""
    try:
        url = str(json.loads((folder / "platform.json").read_text())["url"])
        with _session() as session:
            answer = session.get(f"{url}/_local/health", timeout=2)
            return url if answer.json().get("service") == "aep-local-platform" else None
    except (OSError, ValueError, KeyError, AttributeError, requests.RequestException):
        return None


def ensure_running(folder: Path, *, port: int = 0) -> str:
    """The address of the local Platform, which is started if none answers. Any number of processes may ask at once.

    Args:
        folder: where it keeps its objects.
        port: the port to listen on; 0 lets the system choose.

    Raises:
        SettingsError: it cannot start: why in its own words, or which extra of the package it needs.
        UnreachableError: it started, and does not answer in time.
    """
    if url := running_url(folder):
        return url
    require("local", "the local Platform needs")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "platform.log"
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(folder), "--port", str(port)]
    with log.open("w") as words:
        # A session of its own: it serves all processes of the checkout, so the end of the one that needed it first
        # (or a Ctrl-C in its terminal) must not end it. Idle minutes do.
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        # One that found another already at it ends with 0: then the other's address appears.
        if process.poll():
            raise SettingsError(f"the local Platform did not start: {_last_line(log)}")
        if url := running_url(folder):
            return url
        time.sleep(_POLL_S)
    raise UnreachableError(f"the local Platform does not answer after {_START_S:.0f} s: read {log}, then `aep platform stop`")


def stop(folder: Path) -> bool:
    """Stop the local Platform, and wait until it is gone. False where none ran."""
    url = running_url(folder)
    if url is None:
        return False
    with _session() as session:
        session.post(f"{url}/_local/stop", headers=_CONTROL, timeout=_ANSWER_S)
    deadline = time.monotonic() + _START_S
    while (folder / "platform.json").exists() and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return True


def reset(folder: Path) -> None:
    """Empty the local Platform, running or not. A database that cannot be opened any more is emptied too."""
    stop(folder)
    for leftover in folder.glob("platform.sqlite3*"):
        leftover.unlink(missing_ok=True)


def counts(url: str) -> dict[str, dict[str, int]]:
    """How many objects each sandbox holds, by collection."""
    with _session() as session:
        sandboxes = session.get(f"{url}/_local/objects", timeout=_ANSWER_S).json()
    return {sandbox: {kind: len(items) for kind, items in kinds.items()} for sandbox, kinds in sandboxes.items()}


def _session() -> requests.Session:
    # No proxy of the user's can reach this machine for us.
    session = requests.Session()
    session.trust_env = False
    return session


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


__all__ = ["HOME_VARIABLE", "counts", "ensure_running", "home", "reset", "running_url", "stop"]
