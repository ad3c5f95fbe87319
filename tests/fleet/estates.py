"""Estates: projects, settings files and states in the form in which Pulumi's CLI writes them, without any deployment."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ORGANIZATION = "LOCAL@AdobeOrg"
KINDS = ("Dataset", "SourceConnection", "TargetConnection", "MappingSet", "Dataflow")
TRACE = [{"sourcePosition": f"project:///stacks/pipelines/contacts.py#{line}"} for line in range(40, 52)]


@dataclass(frozen=True)
class StackState:
    """A stack of a generated estate."""

    name: str
    sandbox: str = "dev"
    reads: Sequence[str] = ()
    """The names of its StackReferences, as its program wrote them."""
    objects: Sequence[tuple[str, str]] = ()
    """The kind and Platform's id of each object."""
    config: Mapping[str, Any] = field(default_factory=dict)
    project: str = "aep"
    organization: str = ORGANIZATION
    deployed: bool = True

    @property
    def settings(self) -> dict[str, Any]:
        """Its config."""
        return {"aep:endpoint": "local", "aep:sandbox": self.sandbox, **self.config}

    def checkpoint(self) -> dict[str, Any]:
        """Its state, as the CLI's own backends store it."""
        latest: dict[str, Any] = {"manifest": {"version": "v3.259.0"}, "metadata": {}}
        if self.deployed:
            latest["resources"] = list(self._resources())
        return {"version": 3, "checkpoint": {"stack": f"organization/{self.project}/{self.name}", "latest": latest}}

    def _resources(self) -> Iterator[dict[str, Any]]:
        urn = f"urn:pulumi:{self.name}::{self.project}::"
        root = f"{urn}pulumi:pulumi:Stack::{self.project}-{self.name}"
        yield {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack", "stackTrace": TRACE}
        for number, name in enumerate(self.reads):
            yield {
                "urn": f"{urn}pulumi:pulumi:StackReference::r{number}",
                "custom": True,
                "id": name,
                "type": "pulumi:pulumi:StackReference",
                "inputs": {"name": name},
                "outputs": {"name": name, "outputs": {}, "secretOutputNames": []},
                "parent": root,
                "external": True,
                "stackTrace": TRACE,
            }
        inputs = {key: value if isinstance(value, str) else json.dumps(value) for key, value in self.settings.items()}
        provider = f"{urn}pulumi:providers:pulumi-python::default"
        yield {
            "urn": provider,
            "custom": True,
            "id": "ee83",
            "type": "pulumi:providers:pulumi-python",
            "inputs": inputs,
            "outputs": inputs,
        }
        for kind, object_id in self.objects:
            properties = {
                "__provider": "gASVNwAAAA",
                "name": f"{kind} {object_id}",
                "description": "An object of the estate. " * 4,
            }
            yield {
                "urn": f"{urn}pulumi-python:dynamic/aep:{kind}::{kind.lower()}-{object_id[:8]}",
                "custom": True,
                "id": object_id,
                "type": f"pulumi-python:dynamic/aep:{kind}",
                "inputs": properties,
                "outputs": {**properties, "etag": '"1"', "organization": self.organization, "sandbox": self.sandbox},
                "parent": root,
                "provider": f"{provider}::ee83",
                "propertyDependencies": {"name": [], "description": []},
                "stackTrace": TRACE,
            }


def project_in(folder: Path, stacks: Sequence[StackState], program: str = "") -> Path:
    """Write a project with a settings file for each of its stacks."""
    folder.mkdir(parents=True, exist_ok=True)
    name = stacks[0].project if stacks else "aep"
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    for each in stacks:
        lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in each.settings.items())
        (folder / f"Pulumi.{each.name}.yaml").write_text(f"config:\n{lines}")
    return folder


def files_in(root: Path, stacks: Sequence[StackState]) -> str:
    """Write the states into a backend of files, and return its URL."""
    for key, content in stored(stacks):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return f"file://{root}"


def rows_in(database: str, stacks: Sequence[StackState]) -> Iterator[tuple[str, str]]:
    """The rows of Pulumi's table in PostgreSQL: key and data."""
    yield from (
        (f"{database}/{key}", json.dumps({"data": base64.b64encode(content).decode()})) for key, content in stored(stacks)
    )


def stored(stacks: Sequence[StackState]) -> Iterator[tuple[str, bytes]]:
    """What a backend stores, by key."""
    yield ".pulumi/meta.yaml", b"version: 1\n"
    for each in stacks:
        yield f".pulumi/stacks/{each.project}/{each.name}.json", json.dumps(each.checkpoint(), indent=4).encode()


def estate(sandboxes: int, teams: int, pipelines: int) -> list[StackState]:
    """In each sandbox a shared stack, and stacks of teams that read its outputs."""
    stacks = []
    for number in range(sandboxes):
        sandbox, shared = f"sb-{number:03}", f"shared-{number:03}"
        stacks.append(StackState(shared, sandbox, objects=[("BaseConnection", _id(shared)), ("Schema", _id(shared))]))
        for team in range(teams):
            name = f"team-{number:03}-{team}"
            objects = [(kind, _id(f"{name} {kind} {index}")) for index in range(pipelines) for kind in KINDS]
            read = f"organization/aep/{shared}"
            stacks.append(StackState(name, sandbox, [read], objects, {"crm:shared": read}))
    return stacks


def sample() -> list[StackState]:
    """The estate of docs/fleet.md: two sandboxes, and a stack that reads from both."""
    stacks = []
    for region in ("emea", "us"):
        shared, sandbox = f"shared-{region}", f"prod-{region}"
        read = f"organization/aep/{shared}"
        stacks.append(StackState(shared, sandbox, objects=[("BaseConnection", _id(shared)), ("Schema", _id(shared))]))
        for team, pipelines in (("crm", 10), ("loyalty", 4)):
            objects = [(kind, _id(f"{team} {region} {kind} {index}")) for index in range(pipelines) for kind in KINDS]
            stacks.append(StackState(f"{team}-{region}", sandbox, [read], objects))
    stacks.append(StackState("reporting", "reporting", ["organization/aep/crm-emea", "organization/aep/crm-us"]))
    return stacks


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
