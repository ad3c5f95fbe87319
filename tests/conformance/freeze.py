"""Freeze: records what this version leaves in users' state, which every later version must support. One file for each kind.

On the local Platform: `python tests/conformance/freeze.py`, once per release; with `--kind NewKind` for a kind that joins the
version in progress. An existing file is never overwritten: it represents existing stacks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import examples
import requests
import sandbox as sandboxes
from dynamic_host import PROVIDER, Host, Kind, Made, Values, end_of_thread, pickled, token_of
from fields import paths_of
from ground import PROFILE, Ground
from sandbox import Sandbox

from aep_pulumi import (
    BaseConnection,
    Dataflow,
    Dataset,
    FieldGroup,
    IdentityDescriptor,
    MappingSet,
    ProfileEnablement,
    Schema,
    SourceConnection,
    TargetConnection,
)
from aep_pulumi.client import local
from aep_pulumi.resources import KINDS

STATES = Path(__file__).with_name("states")
AHEAD = "<ahead>"
"""Placeholder for a time in the future, in epoch seconds, whenever the file is read."""

UNION_SCHEMA = "union schema"
"""The one object that stays: Platform never removes a schema from the union."""


def frozen(version_of: str, kind: str) -> Path:
    """The file of a version's state of a kind."""
    return STATES / version_of / f"{kind}.json"


def resources_of(version_of: str) -> list[dict[str, Any]]:
    """The resources of a version, dependencies first."""
    files = {file.stem: file for file in (STATES / version_of).glob("*.json")}
    ordered = [*(kind.__name__ for kind in KINDS if kind.__name__ in files), *sorted(files.keys() - {k.__name__ for k in KINDS})]
    return [resource for kind in ordered for resource in json.loads(files[kind].read_text(encoding="utf-8"))]


def world(host: Host, sandbox: Sandbox) -> Iterator[tuple[str, Kind, Made, dict[str, Any], Values]]:
    """One object of every kind, wired as a pipeline: its name, kind, state, create request, and a change in place."""
    ground = Ground(sandbox)
    made: dict[str, Made] = {}

    def create(name: str, kind: Kind, inputs: Values, change: Values) -> tuple[str, Kind, Made, dict[str, Any], Values]:
        sandbox.new_requests()
        made[name] = host.create(kind, inputs)
        (request,) = [entry for entry in sandbox.new_requests() if entry["method"] != "GET"]
        return name, kind, made[name], request, change

    described = {"description": "described anew"}
    yield create("base", BaseConnection, examples.of(BaseConnection, ground).full, described)
    ground.__dict__["salesforce"] = made["base"].id
    yield create("source", SourceConnection, examples.of(SourceConnection, ground).full, described)
    yield create("fields", FieldGroup, examples.of(FieldGroup, ground).full, described)
    inputs = examples.of(Schema, ground).full
    yield create("schema", Schema, inputs | {"field_groups": [*inputs["field_groups"], made["fields"].id]}, described)
    inputs = {"schema_id": made["schema"].id, "source_property": f"/{ground.tenant}/crmId"}
    inputs |= {"namespace": "Email", "namespace_is": "code", "is_primary": True}
    yield create("identity", IdentityDescriptor, inputs, {"namespace": "Phone"})
    groups = ["https://ns.adobe.com/xdm/context/identitymap", f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
    inputs = {"title": examples.named("schema"), "class_id": PROFILE, "field_groups": groups}
    yield create(UNION_SCHEMA, Schema, inputs, described)
    union = made[UNION_SCHEMA].id
    ground.__dict__["schema"] = ground.__dict__["union_schema"] = union
    inputs = {"schema_id": union, "descriptor_ids": [made["identity"].id]}
    yield create("enablement", ProfileEnablement, inputs, {"descriptor_ids": []})
    yield create("dataset", Dataset, examples.of(Dataset, ground).full, described)
    ground.__dict__["dataset"] = made["dataset"].id
    yield create("target", TargetConnection, examples.of(TargetConnection, ground).full, described)
    yield create("mappings", MappingSet, examples.of(MappingSet, ground).full, {"name": "renamed"})
    ground.__dict__["source"], ground.__dict__["target"] = made["source"].id, made["target"].id
    ground.__dict__["mapping_set"] = made["mappings"].id
    yield create("flow", Dataflow, examples.of(Dataflow, ground).full, described)
    for kind in [each for each in KINDS if pickled(each) not in {old.provider for old in made.values()}]:
        example = examples.of(kind, ground)
        yield create(kind.provider.law.noun, kind, example.full, in_place(kind, example))


def in_place(kind: Kind, example: examples.Example) -> Values:
    """A change of the first field that changes in place; empty if no field does."""
    for path, marks in paths_of(kind).items():
        after = example.fields[path].in_place_of(example.full) if path in kind.provider.inputs.model_fields else {}
        if not marks and path in after:
            return {path: after[path]}
    return {}


def without_ids(text: str, names: dict[str, str]) -> str:
    """Replace ids that would differ on another Platform by placeholders."""
    for object_id, name in sorted(names.items(), key=lambda each: -len(each[0])):
        text = text.replace(json.dumps(object_id)[1:-1], f"<{name}>")
    return text


def freeze(host: Host, sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    """The states of this version, as JSON, by kind."""
    names: dict[str, str] = {}
    resources = []
    for name, kind, made, request, change in world(host, sandbox):
        names.setdefault(made.id, name)  # an enablement has the id of its schema
        if "etag" in made.outputs:
            names[str(made.outputs["etag"])] = f"{name} etag"
        if "auth" in request["body"]:
            # The local Platform's log masks even its published values.
            request["body"]["auth"]["params"] = made.program_inputs["auth"]["params"]
        resources.append(
            {
                "name": name,
                "type": token_of(kind),
                "provider": made.provider,
                "id": made.id,
                "inputs": {key: value for key, value in made.inputs.items() if key != PROVIDER},
                "outputs": {key: value for key, value in made.outputs.items() if key != PROVIDER},
                "request": {"method": request["method"], "path": unquote(request["path"]), "body": request["body"]},
                "change": change,
            }
        )
    text = without_ids(json.dumps(resources), names)
    start = next(each["inputs"]["schedule"]["start_time"] for each in resources if each["name"] == "flow")  # type: ignore[index]
    states: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(text.replace(f"{start:.1f}", f'"{AHEAD}"').replace(f"{start:.0f}", f'"{AHEAD}"')):
        states.setdefault(str(each["type"]).rpartition(":")[2], []).append(each)
    return states


@contextmanager
def local_platform() -> Iterator[Sandbox]:
    """A local Platform with its own home."""
    with tempfile.TemporaryDirectory() as folder, requests.Session() as session:
        session.trust_env = False
        os.environ[local.HOME_VARIABLE] = folder
        with subprocess.Popen([sys.executable, "-m", "aep_pulumi.emulator", "--home", folder]):
            while (url := local.running_url(Path(folder))) is None:
                time.sleep(0.05)
            yield sandboxes.local(session, url)
            local.stop(Path(folder))


def main() -> int:
    """Write the files of this version, or that of one kind; existing files are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=[kind.__name__ for kind in KINDS], help="a kind that joins the version being made")
    options, this = parser.parse_args(), version("aep-pulumi")
    existing = frozen(this, options.kind) if options.kind else STATES / this
    if existing.exists():
        joining = "" if options.kind else ": a kind that joins this version is added with --kind"
        sys.stderr.write(
            f"{existing.relative_to(STATES)} is there: stacks of that version exist, so it stays as it is{joining}.\n"
        )
        return 1
    with local_platform() as sandbox:
        states = freeze(Host({"aep:endpoint": "local"}), sandbox)
    end_of_thread()
    for kind in [options.kind] if options.kind else states:
        file = frozen(this, kind)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(states[kind], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
