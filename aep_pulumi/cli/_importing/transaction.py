"""Transaction: code and state change together, or not at all.

What is about to change is written to a file first. If the process is killed, the next `aep import` undoes what it finds there.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aep_pulumi.cli._stack import Json, Stack
from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.errors import AepError
from aep_pulumi.importing.program import Files

_WAIT_S = 120.0
_POLL_S = 0.2


@dataclass
class Transaction:
    """The changes of one import."""

    path: Path
    """The file in which they are recorded until they are verified."""
    stacks: Mapping[str, Stack]
    files: Files = field(default_factory=Files)
    urns: dict[str, list[str]] = field(default_factory=dict)
    """The resources that each stack gets."""
    _before: dict[str, Json] = field(default_factory=dict)
    _pid: int = 0

    def begin(self, files: Mapping[Path, str], urns: Mapping[str, Iterable[str]], exported: Mapping[str, Json]) -> None:
        """Record what changes."""
        self.files, self.urns = Files.of(files), {stack: list(each) for stack, each in urns.items()}
        self._before = dict(exported)
        self._save()

    def run_import(self, stack: str, entries: Json) -> None:
        """Import entries into the state of a stack.

        Raises:
            AepError: the engine rejects them.
        """
        path = self.path.with_name("entries.json")
        path.touch(mode=0o600)
        path.write_text(json.dumps(entries))
        try:
            process = self.stacks[stack].start_import(path)
            self._pid = process.pid
            self._save()
            output, _ = process.communicate()
        finally:
            path.unlink(missing_ok=True)
        self._pid = 0
        self._save()
        if process.returncode:
            lines = [line.strip() for line in output.splitlines() if "error:" in line] or output.strip().splitlines()[-1:]
            raise AepError(f"`pulumi import` into stack {stack} failed: {lines[0] if lines else 'no output'}")

    def write(self) -> None:
        """Write the files."""
        self.files.write()

    def set_outputs(self, stack: str, outputs: Mapping[str, str]) -> None:
        """Set outputs of a stack, as its next `pulumi up` would: other stacks read them."""
        exported = self.stacks[stack].export()
        for resource in exported["deployment"]["resources"]:
            if resource["type"] == STACK_TYPE:
                resource["outputs"] = {**(resource.get("outputs") or {}), **outputs}
        self.stacks[stack].replace(exported)

    def commit(self) -> None:
        """Keep the changes."""
        self.path.unlink(missing_ok=True)

    def roll_back(self) -> None:
        """Undo the changes: files and states are as before."""
        self.files.restore()
        for name, before in self._before.items():
            self.stacks[name].replace(before)
        self.path.unlink(missing_ok=True)

    def _save(self) -> None:
        content = {
            "pid": self._pid,
            "files": self.files.changes,
            "urns": self.urns,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(content))
        partial.replace(self.path)


def undo_killed(path: Path, stack_of: Callable[[str], Stack]) -> bool:
    """Undo the changes of an import that was killed. False if there was none.

    Raises:
        AepError: its `pulumi import` is still running.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    deadline = time.monotonic() + _WAIT_S
    while _is_running(content["pid"]):
        if time.monotonic() > deadline:
            raise AepError(f"the `pulumi import` of an earlier run is still running (process {content['pid']}): wait for it")
        time.sleep(_POLL_S)
    Files({name: (before, after) for name, (before, after) in content["files"].items()}).restore()
    for name, urns in content["urns"].items():
        stack = stack_of(name)
        if content["pid"]:
            stack.unlock()  # the lock is that of the killed import
        exported = stack.export()
        deployment = exported.get("deployment") or {}
        kept = [each for each in deployment.get("resources") or [] if each["urn"] not in set(urns)]
        if len(kept) != len(deployment.get("resources") or []):
            stack.replace({**exported, "deployment": {**deployment, "resources": kept}})
    path.unlink()
    return True


def _is_running(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        return not command.exists() or b"pulumi" in command.read_bytes()
    except OSError:
        return False
