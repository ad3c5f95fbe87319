"""`aep import` beside other runs on the same stacks: what they do is never undone, and their locks are never removed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clicked import SALESFORCE, Sandbox
from stacking import Stack

from aep_pulumi.client import local

Json = dict[str, Any]

pytestmark = pytest.mark.slow

STAND_IN = Path(__file__).with_name("stand_in_pulumi.py")
PROGRAM = '"""Ours."""\n'
THEIRS = {"urn": "urn:pulumi:dev::crm::random:index:String::theirs", "type": "random:index:String", "id": "theirs"}


@dataclass
class World:
    """A project with stacks dev, contacts and other, whose sandbox has two dataflows."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start `aep import`, in its own process group as in a terminal."""
        process = subprocess.Popen(
            ["aep", "import", "--stack", "dev", *options],  # noqa: S607 - on the stack's PATH
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def imports(self, *options: str, code: int = 0) -> str:
        """Run `aep import`: its output on one line."""
        return self.ended(self.start("--yes", *options), code)

    def ended(self, process: subprocess.Popen[str], code: int) -> str:
        """The output of a run that ends with this exit code, on one line."""
        output, _ = process.communicate(timeout=60)
        assert process.returncode == code, output
        return " ".join(output.split())

    def hold(self, command: str, stack: str = "dev") -> None:
        """Make a command of the CLI wait."""
        (self.states / f"hold-{command}-{stack}").touch()

    def held(self, command: str, stack: str = "dev") -> int:
        """Wait until the command waits: its process."""
        path = self.states / f"held-{command}-{stack}"
        deadline = time.monotonic() + 60
        while not (path.exists() and path.read_text()):
            assert time.monotonic() < deadline
            assert self.started[-1].poll() is None, self.started[-1].communicate()[0]
            time.sleep(0.02)
        return int(path.read_text())

    def let_go(self, command: str, stack: str = "dev") -> None:
        """Let it continue."""
        (self.states / f"hold-{command}-{stack}").unlink()
        (self.states / f"held-{command}-{stack}").unlink()

    def kill_while(self, command: str, stack: str = "dev", *options: str) -> None:
        """Kill an import and its CLI at a command."""
        self.hold(command, stack)
        process = self.start("--yes", *options)
        self.held(command, stack)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.let_go(command, stack)

    @property
    def states(self) -> Path:
        """The folder of the states."""
        return self.folder / "state"

    def resources(self, stack: str = "dev") -> list[Json]:
        """The resources of a state."""
        found: list[Json] = json.loads((self.states / f"{stack}.json").read_text())["deployment"].get("resources", [])
        return found

    def add(self, *resources: Json) -> None:
        """What a `pulumi up` of somebody else does."""
        (self.states / "dev.json").write_text(json.dumps(state(*self.resources(), *resources)))

    def locks(self, stack: str = "dev") -> list[Path]:
        """The locks of a stack."""
        return list((self.states / ".pulumi" / "locks" / "organization" / "crm" / stack).glob("*.json"))

    def lock(self, process: int) -> Path:
        """A process of somebody else locks stack dev."""
        path = self.states / ".pulumi" / "locks" / "organization" / "crm" / "dev" / "theirs.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"pid": process, "username": "them", "hostname": socket.gethostname(), "timestamp": "2026-01-31T10:00:00Z"}
        path.write_text(json.dumps(content))
        return path

    def has_code(self) -> bool:
        """Whether the code is imported; the program must then be intact otherwise."""
        program = (self.folder / "__main__.py").read_text()
        assert program.startswith(PROGRAM)
        assert (program == PROGRAM) != (self.folder / "imported").exists()
        return program != PROGRAM


def state(*resources: Json) -> Json:
    return {"version": 3, "deployment": {"resources": list(resources)} if resources else {}}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The project; tests use copies of it, and its local Platform, which imports only read."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    for name in ("state", "bin"):
        (folder / name).mkdir()
    for stack in ("dev", "contacts", "other"):
        (folder / "state" / f"{stack}.json").write_text(json.dumps(state()))
    pulumi = folder / "bin" / "pulumi"
    pulumi.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{STAND_IN}" "$@"\n')
    pulumi.chmod(0o755)
    world = World(folder, environment_of(folder))
    deployed = Stack(folder, world.environment)
    try:
        sandbox = Sandbox.of(deployed)
        account, schema = sandbox.account(SALESFORCE, "CRM"), sandbox.schema("People")
        for name in ("Leads", "Contacts"):
            sandbox.flow(name, SALESFORCE, account, schema, sandbox.dataset(schema, name))
        sandbox.settle()
        yield world
    finally:
        local.stop(folder / "platform")


def environment_of(folder: Path) -> dict[str, str]:
    return {
        "AEP_HOME": str(folder / "platform"),
        "AEP_SETTLE_S": "2",
        **{name: value for name, value in os.environ.items() if name.startswith("AEP_LOCAL_")},
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "STAND_IN_FOLDER": str(folder / "state"),
    }


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    """A project of its own."""
    folder = tmp_path / "project"
    shutil.copytree(template.folder, folder)
    world = World(folder, environment_of(folder))
    try:
        yield world
    finally:
        for hold in world.states.glob("hold-*"):
            hold.unlink()
        for process in world.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


# -- states ------------------------------------------------------------------------------------------------------------


def test_a_state_that_changed_since_it_was_read_is_left_as_it_is(world: World) -> None:
    world.hold("export", "other")  # it is read after the stack's own state
    process = world.start("--yes", "--other-stack", "other")
    world.held("export", "other")
    world.add(THEIRS)
    world.let_go("export", "other")
    output = world.ended(process, 1)
    assert "another run has changed the state of stack dev since this import read it" in output
    assert "run the command again" in output
    assert world.resources() == [THEIRS]
    assert not world.has_code()
    world.imports()
    assert THEIRS in world.resources()
    assert world.has_code()


def test_a_stack_with_interrupted_creates_is_recovered_first(world: World) -> None:
    pending = [{"type": "creating", "resource": THEIRS}]
    before = json.dumps({"version": 3, "deployment": {"resources": [], "pending_operations": pending}})
    (world.states / "dev.json").write_text(before)
    output = world.imports(code=1)
    assert "a killed run of stack dev may have created theirs: run `aep recover --stack dev` before the import" in output
    assert (world.states / "dev.json").read_text() == before
    assert not world.has_code()


def test_a_failed_import_removes_only_what_it_has_added(world: World) -> None:
    world.add({"urn": "urn:pulumi:dev::crm::pulumi:pulumi:Stack::crm-dev", "type": "pulumi:pulumi:Stack", "outputs": {"ours": 1}})
    before = world.resources()
    (world.states / "preview-contacts.json").write_text('{"steps": [{"op": "create", "urn": "urn:pulumi:::own"}]}')
    world.hold("preview")
    process = world.start("--yes", "--to", "contacts=contact*")
    world.held("preview")
    assert len(world.resources()[0]["outputs"]) > 1  # the ids that the other stack refers to
    world.add(THEIRS)
    world.let_go("preview")
    assert "changes of the program itself (create own)" in world.ended(process, 1)
    assert world.resources() == [*before, THEIRS]
    assert world.resources("contacts") == []
    assert not world.has_code()


def test_what_another_import_adds_at_the_same_moment_stays(world: World) -> None:
    world.lock(os.getpid())  # on another machine, whose imports do not see each other
    world.hold("refusal")
    process = world.start("--yes")
    world.held("refusal")
    schema = "pulumi-python:dynamic/aep:Schema"
    theirs = {"urn": f"urn:pulumi:dev::crm::{schema}::people", "type": schema, "id": "people"}
    world.add(theirs)
    world.let_go("refusal")
    assert "`pulumi import` into stack dev failed: the stack is locked by them@" in world.ended(process, 1)
    assert world.resources() == [theirs]


def test_a_state_is_not_restored_while_another_run_is_changing_it(world: World) -> None:
    (world.states / "preview-dev.json").write_text('{"steps": [{"op": "create", "urn": "urn:pulumi:::own"}]}')
    world.hold("preview")
    process = world.start("--yes")
    world.held("preview")
    lock = world.lock(os.getpid())
    world.let_go("preview")
    output = world.ended(process, 1)
    assert "the state of stack dev was not restored (the stack is locked by them@" in output
    assert "run `aep import` again when no other run is using the stack; it first undoes what this one has left" in output
    lock.unlink()
    world.add(THEIRS)
    assert "undid what an interrupted import had begun" in world.imports(code=1)  # its preview is not empty either
    assert world.resources() == [THEIRS]


# -- killed imports ----------------------------------------------------------------------------------------------------


def test_the_lock_of_a_killed_import_is_removed_by_the_next_one(world: World) -> None:
    world.kill_while("import")
    assert world.locks()
    assert "undid what an interrupted import had begun" in world.imports()
    assert not world.locks()
    assert world.has_code()


def test_the_lock_of_another_run_is_never_removed(world: World) -> None:
    world.kill_while("import")
    for own in world.locks():
        own.unlink()  # somebody has removed it, and deploys
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for process, is_running in ((os.getpid(), True), (ended.pid, False)):
        lock = world.lock(process)
        output = world.imports(code=1)
        assert lock.exists()
        assert f"the stack is locked by them@{socket.gethostname()}, process {process}" in output
        assert ("which is running" in output, "`aep recover --clear-locks` removes it" in output) == (is_running, not is_running)


def test_a_dry_run_changes_nothing_of_a_killed_import_and_names_it(world: World) -> None:
    world.kill_while("preview")
    before, lock = world.resources(), world.lock(os.getpid())
    output = world.imports("--dry-run")
    assert "an import was interrupted; the next one without --dry-run undoes it first" in output
    assert lock.exists()
    assert world.resources() == before
    assert world.has_code()


def test_an_import_that_is_killed_while_it_restores_is_undone(world: World) -> None:
    (world.states / "preview-dev.json").write_text('{"steps": [{"op": "create", "urn": "urn:pulumi:::own"}]}')
    world.kill_while("replace")
    assert world.locks()
    assert world.resources()
    (world.states / "preview-dev.json").unlink()
    assert "undid what an interrupted import had begun" in world.imports()
    assert not world.locks()
    assert world.has_code()


def test_an_import_into_several_stacks_is_undone_by_an_import_into_any_of_them(world: World) -> None:
    world.kill_while("preview", "dev", "--to", "contacts=contact*")
    assert world.resources("contacts")
    assert "undid what an interrupted import had begun" in world.imports("--flow", "nothing", "--stack", "contacts", code=1)
    assert world.resources("dev") == world.resources("contacts") == []
    assert not world.has_code()


# -- interruptions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["import", "replace"])
def test_an_interrupted_import_waits_for_the_cli_before_it_restores(world: World, command: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        world.hold(command)
        process = world.start("--yes", "--to", "contacts=contact*")
        world.held(command)
        process.send_signal(number)
        time.sleep(0.5)  # longer than Python itself waits
        assert process.poll() is None, number
        assert world.locks(), number
        world.let_go(command)
        world.ended(process, 1)
        assert world.resources("dev") == world.resources("contacts") == [], number
        assert not world.locks(), number
        assert not world.has_code(), number
    world.imports()


# -- two imports at once -----------------------------------------------------------------------------------------------


def test_a_second_import_of_the_project_is_refused_while_one_runs(world: World) -> None:
    world.hold("preview")
    first = world.start("--yes")
    world.held("preview")
    for options in (["--yes"], ["--yes", "--stack", "contacts"], ["--dry-run"]):
        refused = world.ended(world.start(*options), 1)
        assert refused == (
            f"aep: another `aep import` of this project is running (process {first.pid}), so nothing was changed: wait for it, "
            "or end it"
        ), options
    world.let_go("preview")
    world.ended(first, 0)
    assert world.has_code()
    assert world.resources()
