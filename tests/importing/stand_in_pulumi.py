"""A stand-in for the CLI, for what an import needs of it: states in files, locked as the real one does, and no programs.

A file `hold-<command>-<stack>` makes a command wait until it is removed; meanwhile `held-<command>-<stack>` contains the process.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = Path(os.environ["STAND_IN_FOLDER"])
PROJECT = "crm"


def main(words: list[str]) -> int:
    """Run a command."""
    stack = _option(words, "--stack") or "dev"
    path = FOLDER / f"{stack}.json"
    match [each for each in words if not each.startswith("-")]:
        case ["stack", "export", *_]:
            _hold("export", stack)
            sys.stdout.write(path.read_text())
        case ["stack", "import", *_]:
            with _locked(stack):
                _hold("replace", stack)
                path.write_text(Path(_option(words, "--file")).read_text())
        case ["stack", *_]:
            sys.stdout.write(f"organization/{PROJECT}/{stack}" if "--fully-qualify-stack-names" in words else stack)
        case ["import", *_]:
            entries = json.loads(Path(_option(words, "--file")).read_text())["resources"]
            with _locked(stack):
                _hold("import", stack)
                _add(path, stack, entries)
        case ["cancel", *_]:
            for lock in _locks(stack).glob("*.json"):
                lock.unlink()
        case ["preview", *_]:
            _hold("preview", stack)
            changes = FOLDER / f"preview-{stack}.json"
            sys.stdout.write(changes.read_text() if changes.exists() else '{"steps": [], "changeSummary": {}}')
        case ["config", *_]:
            sys.stdout.write("{}")
        case _:
            sys.stderr.write(f"error: the stand-in has no command {words}\n")
            return 1
    return 0


def _add(path: Path, stack: str, entries: list[dict[str, str]]) -> None:
    state = json.loads(path.read_text())
    resources = state["deployment"].setdefault("resources", [])
    types = {
        "pulumi:pulumi:Stack": f"urn:pulumi:{stack}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack}",
        "pulumi:providers:pulumi-python": f"urn:pulumi:{stack}::{PROJECT}::pulumi:providers:pulumi-python::default",
    }
    there = {each["urn"] for each in resources}
    resources.extend({"urn": urn, "type": type_} for type_, urn in types.items() if urn not in there)
    root, provider = types.values()
    for each in entries:
        urn = f"urn:pulumi:{stack}::{PROJECT}::{each['type']}::{each.get('logicalName', each['name'])}"
        added = {"urn": urn, "type": each["type"], "id": each.get("id", ""), "parent": root, "provider": f"{provider}::1"}
        resources.append(added)
    path.write_text(json.dumps(state))


def _hold(command: str, stack: str) -> None:
    hold, held = FOLDER / f"hold-{command}-{stack}", FOLDER / f"held-{command}-{stack}"
    if hold.exists():
        held.write_text(str(os.getpid()))
        while hold.exists():
            time.sleep(0.02)


def _locks(stack: str) -> Path:
    return FOLDER / ".pulumi" / "locks" / "organization" / PROJECT / stack


@contextmanager
def _locked(stack: str) -> Iterator[None]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted run completes what it is doing
    own = _locks(stack) / f"{os.getpid()}.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    content = {"pid": os.getpid(), "username": "me", "hostname": socket.gethostname(), "timestamp": "2026-01-31T10:00:00Z"}
    own.write_text(json.dumps(content))
    try:
        if len(list(own.parent.glob("*.json"))) > 1:
            _hold("refusal", stack)
            sys.stderr.write("error: the stack is currently locked by 1 lock(s)\n")
            sys.exit(255)
        yield
    finally:
        with suppress(FileNotFoundError):
            own.unlink()


def _option(words: list[str], name: str) -> str:
    return words.pop(words.index(name) + 1) if name in words else ""


sys.exit(main(sys.argv[1:]))
