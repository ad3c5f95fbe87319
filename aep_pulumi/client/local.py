"""Local: starts, stops and locates the local Platform of this checkout."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from aep_pulumi.client.home import HOME_VARIABLE, home
from aep_pulumi.errors import AepError, SettingsError, UnreachableError
from aep_pulumi.extras import require

_START_S = 20.0
_POLL_S = 0.05
_OTHER_S = 1.0
"""How long another process that has the folder is given before it is regarded as one that is stopping."""

_HEALTH_S, _RESPONSE_S = 2.0, 10.0
_SEED_S = 600.0
"""A file of several million rows takes a minute."""

_FILES = ("batches", "seeds", "duckdb.tmp")
"""The folders of the files that belong to the objects."""

_CONTROL = {"x-local-control": "yes"}
"""Proves to the control API that the request does not come from a web page."""


def running_url(folder: Path, within_s: float = _HEALTH_S) -> str | None:
    """The address of the local Platform that serves this folder, or None if it is not running or does not respond in time."""
    try:
        url = str(json.loads((folder / "platform.json").read_text())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if is_local_platform(url, within_s) else None


def is_local_platform(url: str, within_s: float = _HEALTH_S) -> bool:
    """Whether a local Platform listens at an address."""
    try:
        with _session() as session:
            response = session.get(f"{url}/_local/health", timeout=within_s)
            return bool(response.json().get("service") == "aep-local-platform")
    except (ValueError, AttributeError, requests.RequestException):
        return False


def ensure_running(folder: Path, *, port: int = 0, options: Sequence[str] = ()) -> str:
    """The address of the local Platform, which is started if it is not running. Safe to call from several processes at once.

    Args:
        folder: the folder of its objects.
        port: the port to listen on; 0 selects a free one.
        options: further options of `python -m aep_pulumi.emulator`.

    Raises:
        SettingsError: it cannot start, with the reason from its log, or an extra of the package is missing.
        UnreachableError: it started, but does not respond in time.
    """
    if url := running_url(folder):
        return url
    require("local", "the local Platform needs")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "platform.log"
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(folder), "--port", str(port), *options]
    process, started = _started(command, log), time.monotonic()
    deadline = started + _START_S
    while time.monotonic() < deadline:
        code = process.poll()
        if code:
            raise SettingsError(f"the local Platform did not start: {_last_line(log)}")
        if url := running_url(folder):
            return url
        if code == 0 and time.monotonic() - started > _OTHER_S:
            # Another process has the folder. It is starting, and its address appears soon; or it is still stopping.
            process, started = _started(command, log), time.monotonic()
        time.sleep(_POLL_S)
    raise UnreachableError(f"the local Platform does not respond after {_START_S:.0f} s: see {log}, then run `aep platform stop`")


def _started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A process of the local Platform.

    It has a session of its own: it serves all processes of the checkout, so it must outlive the one that started it (and a Ctrl-C
    in its terminal). It stops when idle.
    """
    with log.open("w") as output:
        return subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def stop(folder: Path) -> bool:
    """Stop the local Platform, and wait until it has stopped. False if it was not running."""
    url = running_url(folder, _RESPONSE_S)
    if url is None:
        return False
    with _session() as session:
        session.post(f"{url}/_local/stop", headers=_CONTROL, timeout=_RESPONSE_S)
    deadline = time.monotonic() + _START_S
    while (folder / "platform.json").exists() and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return True


def reset(folder: Path) -> None:
    """Delete all objects of the local Platform with their rows, running or not, even if its database is corrupt."""
    stop(folder)
    for leftover in (*folder.glob("platform.sqlite3*"), folder / "snapshots" / "restoring"):
        leftover.unlink(missing_ok=True)
    for name in _FILES:
        shutil.rmtree(folder / name, ignore_errors=True)


class SeedError(AepError):
    """Nothing was seeded; each problem is a sentence."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def seed(url: str, folder: Path, connector: str, delta_column: str | None = None) -> Sequence[Mapping[str, object]]:
    """Put a folder of CSV or Parquet files in the place of a connector's sample tables. Returns its tables.

    Args:
        url: the address of the local Platform.
        folder: one file per table, whose name is the table's path.
        connector: the name of the connector, such as `salesforce`.
        delta_column: the column with the time of a row's last change; defaults to the usual names.

    Raises:
        SeedError: with all problems of the folder.
    """
    body = {"folder": str(folder.resolve()), "connector": connector}
    return _seeded("POST", url, body | ({"deltaColumn": delta_column} if delta_column else {}))


def use_samples(url: str, connector: str) -> None:
    """Return to the sample tables of a connector.

    Raises:
        SeedError: there is no such connector.
    """
    _seeded("DELETE", url, {"connector": connector})


def _seeded(method: str, url: str, values: Mapping[str, str]) -> Sequence[Mapping[str, object]]:
    body, query = (values, None) if method == "POST" else (None, values)
    try:
        with _session() as session:
            path = f"{url}/_local/seed"
            response = session.request(method, path, params=query, json=body, headers=_CONTROL, timeout=_SEED_S)
            content = response.json()
    except (requests.RequestException, ValueError):
        raise UnreachableError("the local Platform did not respond: run `aep platform status`") from None
    if not response.ok:
        raise SeedError(content.get("problems") or [str(content.get("error"))])
    tables: Sequence[Mapping[str, object]] = content["tables"]
    return tables


def control(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the control API. It responds when what it has started is done, however long that takes.

    Raises:
        SettingsError: it rejects the call, with its reason.
    """
    with _session() as session:
        try:
            response = session.request(method, f"{url}/_local{path}", json=body, headers=_CONTROL, timeout=(_RESPONSE_S, None))
            content: dict[str, Any] = response.json() if response.headers.get("content-type") == "application/json" else {}
        except requests.RequestException:
            raise UnreachableError(f"the local Platform at {url} does not respond: run `aep platform status`") from None
    if not response.ok:
        raise SettingsError(f"the local Platform rejects the call: {content.get('error', response.status_code)}".rstrip("."))
    return content


def counts(url: str) -> dict[str, dict[str, int]]:
    """The number of objects per sandbox and collection."""
    with _session() as session:
        sandboxes = session.get(f"{url}/_local/objects", timeout=_RESPONSE_S).json()
    return {sandbox: {kind: len(items) for kind, items in kinds.items()} for sandbox, kinds in sandboxes.items()}


def recorded(url: str) -> list[dict[str, Any]]:
    """The requests that it received, oldest first, with their responses. They contain no secrets."""
    entries: list[dict[str, Any]] = []
    with _session() as session:
        while page := _recorded_since(session, url, entries[-1]["seq"] if entries else 0):
            entries += page
    return entries


def _recorded_since(session: requests.Session, url: str, seq: int) -> list[dict[str, Any]]:
    page: list[dict[str, Any]] = session.get(f"{url}/_local/recording?since={seq}", timeout=_RESPONSE_S).json()["requests"]
    return page


def now(url: str) -> float:
    """Its time, in epoch seconds."""
    with _session() as session:
        return float(session.get(f"{url}/_local/clock", timeout=_RESPONSE_S).json()["now"])


def _session() -> requests.Session:
    # A proxy cannot reach this machine's loopback address.
    session = requests.Session()
    session.trust_env = False
    return session


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "its log is empty"


__all__ = [
    "HOME_VARIABLE",
    "SeedError",
    "control",
    "counts",
    "ensure_running",
    "home",
    "is_local_platform",
    "now",
    "recorded",
    "reset",
    "running_url",
    "seed",
    "stop",
    "use_samples",
]
