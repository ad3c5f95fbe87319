"""Stack: one stack of the user's, through the user's own `pulumi`."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from aep_pulumi.engine_values import INTERNAL
from aep_pulumi.errors import SettingsError
from aep_pulumi.kinds import kind_of

Json: TypeAlias = dict[str, Any]

_NO_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""Lets the engine write the state once instead of after every resource: an import creates nothing that a crash could lose."""

NO_PULUMI = 'no `pulumi` on PATH: in a checkout, eval "$(make env)" puts it there'


@dataclass(frozen=True)
class Resource:
    """A resource in the state or in a preview."""

    urn: str
    type: str
    id: str
    """Platform's id, or "" before it is created."""
    parent: str
    """The URN of its parent."""
    inputs: Json = field(repr=False)
    outputs: Json = field(repr=False)
    dependencies: Mapping[str, Sequence[str]] = field(repr=False)
    """For each input, the URNs of the resources that its value comes from."""
    depends_on: tuple[str, ...] = field(repr=False)
    """The URNs of the resources it depends on."""

    @property
    def kind(self) -> str:
        """The class's name, or "" for a resource of another package."""
        law = kind_of(self.type)
        return law.name if law else ""

    @property
    def is_scheduled(self) -> bool:
        """Whether it runs on a schedule, as dataflows do."""
        law = kind_of(self.type)
        return law is not None and law.is_scheduled

    @property
    def name(self) -> str:
        """The name in the program."""
        return self.urn.rpartition("::")[2]


class Stack:
    """The user's own CLI, on one stack.

    Args:
        stack: the stack; defaults to the selected one.
        folder: the folder of its project, or one below; defaults to the current folder.
    """

    def __init__(self, stack: str | None, folder: Path | None = None) -> None:
        program = shutil.which("pulumi")
        if program is None:
            raise SettingsError(NO_PULUMI)
        self._program, self._chosen = program, ["--stack", stack] if stack else []
        self._folder = folder or Path.cwd()

    def version(self) -> str:
        """The CLI's version, such as `3.259.0`."""
        return self._run("print its version", "version", of_stack=False).strip().removeprefix("v")

    def backend(self) -> Json:
        """Where states are kept: `url`, and the `user` who is logged in there."""
        identity: Json = json.loads(self._run("reach its backend", "whoami", "--json", "--non-interactive", of_stack=False))
        return identity

    def about(self) -> Json:
        """The environment, as `pulumi about --json` reports it; {} where the CLI cannot report it."""
        try:
            report: Json = json.loads(self._ran("about", "--json", of_stack=False).stdout)
        except ValueError:
            return {}
        return report

    def decrypt_outputs(self) -> None:
        """Let the CLI decrypt the state, which it does with the right passphrase alone. Nothing of it is returned.

        Raises:
            SettingsError: it cannot.
        """
        self._run("decrypt the state", "stack", "output", "--json")

    def name(self) -> str:
        """The stack, as `project/stack`; "" if there is no Pulumi.yaml."""
        folders = (self._folder, *self._folder.parents)
        project = next((each / "Pulumi.yaml" for each in folders if (each / "Pulumi.yaml").is_file()), None)
        named = re.search(r"^name:\s*[\"']?([\w.-]+)", project.read_text(), re.MULTILINE) if project else None
        stack = self._run("name the stack", "stack", "--show-name").strip()
        return f"{named[1]}/{stack.rpartition('/')[2]}" if named else ""

    def export(self) -> Json:
        """The state, as `pulumi stack export` prints it: secrets stay encrypted."""
        exported: Json = json.loads(self._run("export the stack", "stack", "export"))
        return exported

    def config(self) -> dict[str, str]:
        """The stack's config in clear, keys with their namespace."""
        shown: dict[str, Json] = json.loads(self._run("read the stack's config", "config", "--show-secrets", "--json") or "{}")
        return {key: str(value.get("value", "")) for key, value in shown.items()}

    def replace(self, state: Json) -> None:
        """Import another state."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(state))
            self._run("import the state", "stack", "import", "--file", str(path))

    def full_name(self) -> str:
        """The stack, as other programs refer to it: `organization/project/stack`.

        Raises:
            SettingsError: there is no stack, or no project here.
        """
        name = self._run("name the stack", "stack", "--show-name", "--fully-qualify-stack-names").strip()
        if name.count("/") != 2:  # noqa: PLR2004 - organization/project/stack
            raise SettingsError("there is no Pulumi.yaml here: run the command in the folder of your project")
        return name

    def start_import(self, path: Path) -> "subprocess.Popen[str]":
        """Start `pulumi import` of a file. Nothing is read from Platform, because the file contains everything."""
        words = ("import", "--file", str(path), "--generate-code=false", "--yes", "--skip-preview", "--non-interactive")
        return self._start(*words, **_NO_CHECKPOINTS)

    def start_replace(self, path: Path) -> "subprocess.Popen[str]":
        """Start to import another state from a file, as `replace` does."""
        return self._start("stack", "import", "--file", str(path), "--non-interactive")

    def unlock(self) -> None:
        """Remove the lock of a killed run, if there is one."""
        self._ran("cancel", "--yes", "--non-interactive")

    def changes(self) -> list[tuple[str, str]]:
        """What a preview would change: the operation and the URN of each resource.

        Raises:
            SettingsError: the preview fails.
        """
        preview = self._preview()
        steps = [(str(step.get("op")), str(step.get("urn"))) for step in preview.get("steps") or ()]
        return [step for step in steps if step[0] not in {"same", "read", "refresh"}]

    def planned(self) -> list[Resource]:
        """The resources as a preview plans them, unchanged ones included; secrets are masked."""
        states = (step.get("newState") for step in self._preview("--show-sames").get("steps") or ())
        return list(_resources(state for state in states if state))

    def _preview(self, *options: str) -> Json:
        ran = self._ran("preview", "--json", "--non-interactive", *options)
        try:
            preview = json.loads(ran.stdout)
        except ValueError:
            preview = {}
        if ran.returncode or not preview:
            errors = [str(each.get("message")) for each in preview.get("diagnostics") or () if each.get("severity") == "error"]
            raise SettingsError(f"the preview of the stack failed: {_last(errors[0] if errors else ran.stderr)}")
        return dict(preview)

    def _start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - the user's own pulumi
            [self._program, *words, *self._chosen],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env={**os.environ, **environment},
        )

    def _run(self, what: str, *words: str, of_stack: bool = True) -> str:
        ran = self._ran(*words, of_stack=of_stack)
        if ran.returncode:
            raise SettingsError(f"pulumi cannot {what}: {_first(ran.stderr)}")
        return ran.stdout

    def _ran(self, *words: str, of_stack: bool = True) -> subprocess.CompletedProcess[str]:
        chosen = self._chosen if of_stack else []
        return subprocess.run(  # noqa: S603 - the user's own pulumi
            [self._program, *words, *chosen],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def resources_of(exported: object) -> list[Resource]:
    """The resources in a state, as `pulumi stack export` prints it, without those pending deletion."""
    deployment = exported.get("deployment") if isinstance(exported, dict) else None
    listed = (deployment or {}).get("resources") or []
    return list(_resources(state for state in listed if not state.get("delete")))


def pending_in(exported: object) -> list[tuple[str, Resource]]:
    """The pending operations of a state: the engine's operation and the resource of each."""
    deployment = exported.get("deployment") if isinstance(exported, dict) else None
    listed = (deployment or {}).get("pending_operations") or []
    return [(str(each["type"]), resource) for each in listed for resource in _resources([each["resource"]])]


def _resources(states: Iterable[Json]) -> Iterable[Resource]:
    for state in states:
        yield Resource(
            urn=str(state["urn"]),
            type=str(state["type"]),
            id=str(state.get("id") or ""),
            parent=str(state.get("parent") or ""),
            inputs=_of_program(state.get("inputs") or {}),
            outputs=_of_program(state.get("outputs") or {}),
            dependencies=state.get("propertyDependencies") or {},
            depends_on=tuple(state.get("dependencies") or ()),
        )


def _of_program(values: Json) -> Json:
    """Property values without the internal ones: a preview never knows the mark of a create."""
    return {name: value for name, value in values.items() if not name.startswith(INTERNAL)}


def _lines(text: str) -> list[str]:
    return [line.strip().removeprefix("error: ") for line in text.splitlines() if line.strip()] or ["no output"]


def _first(text: str) -> str:
    """The first line, with the list that it introduces, if any."""
    first, *rest = _lines(text)
    announced = [line.removeprefix("* ") for line in rest if line.startswith("* ")]
    return f"{first} {'; '.join(announced)}" if first.endswith("occurred:") and announced else first


def _last(text: str) -> str:
    """The last line: of a traceback, the one with the error."""
    return _lines(text)[-1]
