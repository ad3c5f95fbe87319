"""Freeze: writes down what this version leaves in users' state, for every later version to live with.

`python tests/conformance/freeze.py`, once per release, on the local Platform. A file that is there is never written again: it
stands for stacks that exist.
"""

from __future__ import annotations

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
from dynamic_host import PROVIDER, Host, Kind, Made, Values, end_of_thread, token_of
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

STATES = Path(__file__).with_name("states")
AHEAD = "<ahead>"
"""Stands for a moment that lies ahead, in epoch seconds, whenever the file is read."""

UNION_SCHEMA = "union schema"
"""The one object that stays: Platform never lets a schema out of the union."""


def frozen(version_of: str) -> Path:
    """The file of a version."""
    return STATES / f"{version_of}.json"


def world(host: Host, sandbox: Sandbox) -> Iterator[tuple[str, Kind, Made, dict[str, Any], Values]]:
    """One object of every kind, wired as a pipeline: its name, kind, state, the request that made it, and a change in place."""
    ground = Ground(sandbox)
    made: dict[str, Made] = {}

    def create(name: str, kind: Kind, said: Values, change: Values) -> tuple[str, Kind, Made, dict[str, Any], Values]:
        sandbox.asked()
        made[name] = host.create(kind, said)
        (request,) = [entry for entry in sandbox.asked() if entry["method"] != "GET"]
        return name, kind, made[name], request, change

    described = {"description": "described anew"}
    yield create("base", BaseConnection, examples.of(BaseConnection, ground).full, described)
    ground.__dict__["salesforce"] = made["base"].id
    yield create("source", SourceConnection, examples.of(SourceConnection, ground).full, described)
    yield create("fields", FieldGroup, examples.of(FieldGroup, ground).full, described)
    said = examples.of(Schema, ground).full
    yield create("schema", Schema, said | {"field_groups": [*said["field_groups"], made["fields"].id]}, described)
    said = {"schema_id": made["schema"].id, "source_property": f"/{ground.tenant}/crmId"}
    said |= {"namespace": "Email", "namespace_is": "code", "is_primary": True}
    yield create("identity", IdentityDescriptor, said, {"namespace": "Phone"})
    groups = ["https://ns.adobe.com/xdm/context/identitymap", f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
    said = {"title": examples.named("schema"), "class_id": PROFILE, "field_groups": groups}
    yield create(UNION_SCHEMA, Schema, said, described)
    union = made[UNION_SCHEMA].id
    ground.__dict__["schema"] = ground.__dict__["union_schema"] = union
    said = {"schema_id": union, "descriptor_ids": [made["identity"].id]}
    yield create("enablement", ProfileEnablement, said, {"descriptor_ids": []})
    yield create("dataset", Dataset, examples.of(Dataset, ground).full, described)
    ground.__dict__["dataset"] = made["dataset"].id
    yield create("target", TargetConnection, examples.of(TargetConnection, ground).full, described)
    yield create("mappings", MappingSet, examples.of(MappingSet, ground).full, {"name": "renamed"})
    ground.__dict__["source"], ground.__dict__["target"] = made["source"].id, made["target"].id
    ground.__dict__["mapping_set"] = made["mappings"].id
    yield create("flow", Dataflow, examples.of(Dataflow, ground).full, described)


def without_ids(text: str, names: dict[str, str]) -> str:
    """Placeholders for what another Platform would call otherwise."""
    for held, name in sorted(names.items(), key=lambda each: -len(each[0])):
        text = text.replace(json.dumps(held)[1:-1], f"<{name}>")
    return text


def freeze(host: Host, sandbox: Sandbox) -> dict[str, Any]:
    """The states of this version, as JSON."""
    names: dict[str, str] = {}
    resources = []
    for name, kind, made, request, change in world(host, sandbox):
        names.setdefault(made.id, name)  # an enablement has the id of its schema
        if "etag" in made.outputs:
            names[str(made.outputs["etag"])] = f"{name} etag"
        if "auth" in request["body"]:
            # The local Platform's log masks even what it publishes itself.
            request["body"]["auth"]["params"] = made.said["auth"]["params"]
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
    text = without_ids(json.dumps({"version": version("aep-pulumi"), "resources": resources}), names)
    start = next(each["inputs"]["schedule"]["start_time"] for each in resources if each["name"] == "flow")  # type: ignore[index]
    return dict(json.loads(text.replace(f"{start:.1f}", f'"{AHEAD}"').replace(f"{start:.0f}", f'"{AHEAD}"')))


@contextmanager
def local_platform() -> Iterator[Sandbox]:
    """A local Platform of its own."""
    with tempfile.TemporaryDirectory() as folder, requests.Session() as session:
        session.trust_env = False
        os.environ[local.HOME_VARIABLE] = folder
        with subprocess.Popen([sys.executable, "-m", "aep_pulumi.emulator", "--home", folder]):
            while (url := local.running_url(Path(folder))) is None:
                time.sleep(0.05)
            yield sandboxes.local(session, url)
            local.stop(Path(folder))


def main() -> int:
    """Write the file of this version, once."""
    file = frozen(version("aep-pulumi"))
    if file.exists():
        sys.stderr.write(f"{file.name} is there: stacks of that version exist, so it stays as it is.\n")
        return 1
    with local_platform() as sandbox:
        states = freeze(Host({"aep:endpoint": "local"}), sandbox)
    end_of_thread()
    file.write_text(json.dumps(states, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
