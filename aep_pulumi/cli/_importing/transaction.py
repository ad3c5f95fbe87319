"""Transaction: code and state change together, or not at all.

What is about to change is written to a file first. If the process is killed, the next `aep import` undoes what it finds there.
Other runs may change the states meanwhile: only what this import has added is undone, and only its own lock is removed.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aep_pulumi.cli._locks import Locked
from aep_pulumi.cli._stack import Json, Stack
from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.errors import AepError
from aep_pulumi.importing.program import Files

_WAIT_S = 120.0
_POLL_S = 0.2
_PATIENCE_S = 20.0
"""How long an interrupted child may take to end by itself."""
_PROVIDERS = "pulumi:providers:"
_NOT_STARTED = ("currently locked by", "update is currently in progress")
"""What the CLI prints if another run has locked the stack, in a file and in Pulumi Cloud."""


@dataclass
class Transaction:
    """The changes of one import."""

    path: Path
    """The file in which they are recorded until they are verified."""
    stacks: Mapping[str, Stack]
    files: Files = field(default_factory=Files)
    urns: dict[str, list[str]] = field(default_factory=dict)
    """The resources that each stack gets, as soon as its import begins."""
    of_engine: dict[str, list[str]] = field(default_factory=dict)
    """Of these stacks, the resources that the engine itself needs and that were there before."""
    outputs: dict[str, dict[str, Json]] = field(default_factory=dict)
    """The outputs that each stack gets: the value after, and the one before if there was one."""
    _pid: int = 0

    @classmethod
    def interrupted(cls, path: Path, stack_of: Callable[[str], Stack]) -> "Transaction | None":
        """What an import that was killed has left, or None. Nothing else may be using the file."""
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError):
            return None
        files = Files({name: (before, after) for name, (before, after) in content["files"].items()})
        stacks = {name: stack_of(name) for name in content["urns"] | content["outputs"]}
        return cls(path, stacks, files, content["urns"], content["of_engine"], content["outputs"], content["pid"])

    def begin(self, files: Files) -> None:
        """Record the files that change."""
        self.files = files
        self._save()

    def run_import(self, stack: str, entries: Json, urns: Iterable[str], planned_on: Json) -> None:
        """Import entries into the state of a stack.

        Args:
            stack: the stack.
            entries: the import file.
            urns: the resources that the stack gets.
            planned_on: the state that the import was planned on.

        Raises:
            AepError: the state has changed since, or the engine rejects the entries.
        """
        before = self.stacks[stack].export()
        if _described(before) != _described(planned_on):
            raise AepError(
                f"another run has changed the state of stack {stack} since this import read it, so nothing was imported into it: "
                "run the command again"
            )
        self.of_engine[stack] = [each["urn"] for each in _resources(before) if _is_of_engine(each)]
        self.urns[stack] = list(urns)
        output, code = self._run(self.stacks[stack].start_import, entries)
        if code:
            if any(words in output for words in _NOT_STARTED):
                del self.urns[stack]  # another import may be adding the same ones at this moment
                self._save()
            raise AepError(f"`pulumi import` into stack {stack} failed: {self._reason(stack, output)}")

    def write(self) -> None:
        """Write the files."""
        self.files.write()

    def set_outputs(self, stack: str, outputs: Mapping[str, str]) -> None:
        """Set outputs of a stack, as its next `pulumi up` would: other stacks read them.

        Raises:
            AepError: the state cannot be imported.
        """
        exported = self._unlocked(stack, "changed")
        for resource in _resources(exported):
            if _is_root(resource):
                values = resource.get("outputs") or {}
                self.outputs[stack] = {
                    name: {"after": after} | ({"before": values[name]} if name in values else {})
                    for name, after in outputs.items()
                }
                resource["outputs"] = {**values, **outputs}
        self._replace(stack, exported, "changed")

    def commit(self) -> None:
        """Keep the changes."""
        self.path.unlink(missing_ok=True)

    def roll_back(self) -> None:
        """Undo the changes of files and states, and nothing that others have changed since.

        Raises:
            AepError: a process of this import is still running, or another run has locked a stack. The next `aep import` repeats
                this.
        """
        self._wait()
        if self._pid:
            for stack in map(self.stacks.__getitem__, self._touched):
                Locked.of(stack.name()).clear_of(self._pid, stack)
        self.files.restore()
        for name in self._touched:
            exported = self.stacks[name].export()
            if self._without_changes(name, exported) != exported:
                self._replace(name, self._without_changes(name, self._unlocked(name, "restored")), "restored")
        self.path.unlink(missing_ok=True)

    @property
    def _touched(self) -> list[str]:
        return list(self.urns | self.outputs)

    def _without_changes(self, stack: str, exported: Json) -> Json:
        resources = _resources(exported)
        if not resources:
            return exported
        added, changed = set(self.urns.get(stack, ())), self.outputs.get(stack, {})
        kept = [each for each in resources if each["urn"] not in added]
        needed = {urn for each in kept if not _is_of_engine(each) for urn in _needs(each)}
        if stack in self.urns:
            needed |= set(self.of_engine[stack])
            kept = [each for each in kept if each["urn"] in needed or not _is_of_engine(each)]
        if changed:
            kept = [_with_outputs_restored(each, changed) if _is_root(each) else each for each in kept]
        return {**exported, "deployment": {**exported["deployment"], "resources": kept}}

    def _replace(self, stack: str, state: Json, what: str) -> None:
        output, code = self._run(self.stacks[stack].start_replace, state)
        if code:
            raise _not_replaced(stack, what, self._reason(stack, output))

    def _unlocked(self, stack: str, what: str) -> Json:
        """The state of a stack that no run is using: one that ends before the state is replaced would lose its last changes."""
        if lock := self._lock(stack):
            raise _not_replaced(stack, what, lock)
        return self.stacks[stack].export()

    def _run(self, start: "Callable[[Path], subprocess.Popen[str]]", content: Json) -> tuple[str, int]:
        """Run a child on a file with this content: its output and exit code.

        Its process is recorded: if both are killed, the next import can tell its lock from that of another run.
        """
        path = self.path.with_name("entries.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        self._save()
        try:
            process = start(path)
            try:
                self._pid = process.pid
                self._save()
                output, _ = process.communicate()
            except BaseException:
                _end(process)
                raise
        finally:
            path.unlink(missing_ok=True)
        if process.returncode == 0:  # otherwise it may have left its lock
            self._pid = 0
            self._save()
        return output, process.returncode

    def _reason(self, stack: str, output: str) -> str:
        """Why a child failed: another run's lock, or the error that it printed."""
        if lock := self._lock(stack):
            return lock
        lines = [line.strip() for line in output.splitlines() if "error:" in line] or output.strip().splitlines()[-1:]
        return lines[0] if lines else "no output"

    def _lock(self, stack: str) -> str:
        """Who has locked a stack, or ""."""
        with suppress(AepError):  # the locks of some backends cannot be read
            for lock in Locked.of(self.stacks[stack].name()).locks:
                hint = "" if lock.is_running else "; if that run has ended, `aep recover --clear-locks` removes it"
                return f"the stack is locked by {lock}{hint}"
        return ""

    def _wait(self) -> None:
        deadline = time.monotonic() + _WAIT_S
        while _is_running(self._pid):
            if time.monotonic() > deadline:
                raise AepError(f"the `pulumi` of an earlier import is still running (process {self._pid}): wait for it")
            time.sleep(_POLL_S)

    def _save(self) -> None:
        content = {
            "pid": self._pid,
            "files": self.files.changes,
            "urns": self.urns,
            "of_engine": self.of_engine,
            "outputs": self.outputs,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(content))
        partial.replace(self.path)


def _not_replaced(stack: str, what: str, reason: str) -> AepError:
    return AepError(
        f"the state of stack {stack} was not {what} ({reason}): run `aep import` again when no other run is using the stack; it "
        "first undoes what this one has left"
    )


def _end(process: "subprocess.Popen[str]") -> None:
    """Wait for a child that a Ctrl-C has reached too. It is stopped if it takes too long, or at another Ctrl-C."""
    for stop in (process.terminate, process.kill):
        try:
            process.communicate(timeout=_PATIENCE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            stop()
        else:
            return
    process.wait()


def _resources(exported: Json) -> list[Json]:
    return (exported.get("deployment") or {}).get("resources") or []


def _is_root(resource: Json) -> bool:
    return bool(resource["type"] == STACK_TYPE)


def _is_of_engine(resource: Json) -> bool:
    return _is_root(resource) or str(resource["type"]).startswith(_PROVIDERS)


def _needs(resource: Json) -> tuple[str, str]:
    """The parent and the provider of a resource."""
    return str(resource.get("parent", "")), str(resource.get("provider", "")).rpartition("::")[0]


def _described(exported: Json) -> list[object]:
    """What an import depends on: the resources with their ids, and the outputs of the stack."""
    return [(each["urn"], each.get("id"), each.get("outputs") if _is_root(each) else None) for each in _resources(exported)]


def _with_outputs_restored(root: Json, changed: Mapping[str, Json]) -> Json:
    """The stack with the outputs as they were, except those that have another value by now."""
    outputs = root.get("outputs") or {}
    mine = {name: each for name, each in changed.items() if outputs.get(name) == each["after"]}
    before = {name: each["before"] for name, each in mine.items() if "before" in each}
    return {**root, "outputs": {name: value for name, value in outputs.items() if name not in mine} | before}


def _is_running(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        return not command.exists() or b"pulumi" in command.read_bytes()
    except OSError:
        return False
