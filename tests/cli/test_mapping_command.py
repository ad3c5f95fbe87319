"""`aep mapping try`: which mapping is meant, what Platform lacks for it, and the errors where no preview is possible."""

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from in_process import run_here

from aep_pulumi.cli._stack import Resource, resources_of
from aep_pulumi.cli.mapping import planned_mapping
from aep_pulumi.engine_values import UNKNOWN
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import TYPE_PREFIX

pytestmark = pytest.mark.slow

DIAGNOSED = r'{"diagnostics": [{"severity": "error", "message": "error: \u001b[31mno"}]}'
MAPPINGS = [{"source": "Email", "destination": "personalEmail.address"}]


def resource(
    kind: str, name: str, parent: str = "", dependencies: dict[str, list[Resource]] | None = None, **inputs: Any
) -> Resource:
    """A resource, with its dependencies as a preview reports them."""
    wired = {key: [each.urn for each in others] for key, others in (dependencies or {}).items()}
    kind = kind if ":" in kind else TYPE_PREFIX + kind
    below = tuple(urn for urns in wired.values() for urn in urns)
    return Resource(f"urn:pulumi:dev::p::{kind}::{name}", kind, "", parent, inputs, {}, wired, below)


def pipeline(name: str = "leads", **changed: Any) -> list[Resource]:
    """A pipeline of which only the account and the schema are deployed."""
    owner = resource("aep:components:CrmPipeline", name)
    account = resource("BaseConnection", "crm")
    schema = resource("Schema", f"{name}-schema", owner.urn)
    about: dict[str, Any] = {"base_connection_id": "b1", "table_name": "Lead", "schema_id": "s1", "mappings": MAPPINGS} | changed
    source = resource(
        "SourceConnection",
        f"{name}-source",
        owner.urn,
        {"base_connection_id": [account]},
        **{key: about[key] for key in ("base_connection_id", "table_name")},
    )
    mapping = resource(
        "MappingSet",
        f"{name}-mapping",
        owner.urn,
        {"schema_id": [schema]},
        **{key: about[key] for key in ("schema_id", "mappings")},
    )
    flow = resource("Dataflow", f"{name}-dataflow", owner.urn, {"mapping_set_id": [mapping], "source_connection_id": [source]})
    return [owner, account, schema, source, mapping, flow]


def rejection(resources: list[Resource], given: str = "leads") -> str:
    with pytest.raises(AepError) as raised:
        planned_mapping(resources, given)
    return str(raised.value)


@pytest.mark.parametrize("given", ["leads", "leads-mapping", "leads-dataflow"])
def test_a_mapping_can_be_named_by_its_pipeline_its_own_name_or_its_dataflow(given: str) -> None:
    planned = planned_mapping(pipeline(), given)
    assert (planned.mapping_set.name, planned.table, planned.columns) == ("leads-mapping", "Lead", None)
    assert planned.body["outputSchema"]["schemaRef"]["id"] == "s1"
    assert planned.body["mappings"] == [{"source": "Email", "destination": "personalEmail.address", "sourceType": "ATTRIBUTE"}]


def test_missing_objects_are_named_with_the_command_that_deploys_only_them() -> None:
    message = rejection(pipeline(base_connection_id=UNKNOWN, schema_id=UNKNOWN))
    assert 'base connection "crm" and schema "leads-schema" must be deployed before' in message
    assert message.count("--target ") == 3
    assert "::leads --target" in message, "dependencies of the schema come first"
    message = rejection(pipeline("it's", base_connection_id=UNKNOWN), "it's")
    assert message.count("--target ") == 1


def test_an_id_from_another_stack_must_be_deployed_there() -> None:
    resources = [each for each in pipeline(base_connection_id=UNKNOWN) if each.kind != "BaseConnection"]
    assert "deploy its source first" in rejection(resources)


def test_unknown_values_are_not_sent_to_platform() -> None:
    message = rejection(pipeline(mappings=[{"source": UNKNOWN, "destination": "personalEmail.address"}]))
    assert 'a part of mapping set "leads-mapping" is known only once' in message


def test_an_ambiguous_name_is_rejected_and_an_unknown_name_lists_the_existing_ones() -> None:
    twice = [*pipeline(), *pipeline("others")]
    assert rejection(twice, "nope") == (
        'the program has no pipeline and no mapping set "nope": it has leads, leads-mapping, others, others-mapping'
    )
    other = resource("MappingSet", "leads", schema_id="s2", mappings=MAPPINGS)
    assert '"leads" is the name of 2 mappings: ' in rejection([*twice, other])


def test_the_source_of_a_mapping_must_be_known() -> None:
    assert "is used by 0 dataflows with 0 source connections" in rejection(
        [each for each in pipeline() if each.kind != "Dataflow"], "leads-mapping"
    )
    assert "reads files" in rejection(pipeline(table_name=None))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'error: no stack selected' >&2; exit 255", "pulumi cannot read the stack's config: no stack selected"),
        ('case "$1" in config) echo "{}" ;; *) exit 1 ;; esac', "the preview of the stack failed: no output"),
        (
            f'case "$1" in config) echo "{{}}" ;; *) printf %s {shlex.quote(DIAGNOSED)}; exit 1 ;; esac',
            "the preview of the stack failed: \\u001b[31mno",
        ),
    ],
)
def test_a_failed_preview_is_one_sentence(tmp_path: Path, script: str, expected: str) -> None:
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "pulumi").chmod(0o755)
    environ = {"PATH": f"{tmp_path}{os.pathsep}/bin", "AEP_HOME": str(tmp_path)}
    ran = run_here("mapping", "try", "leads", cwd=tmp_path, environ=environ)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"aep: {expected}\n")


def test_the_create_mark_is_not_part_of_a_mapping_set() -> None:
    planned = {
        "urn": f"urn:pulumi:dev::p::{TYPE_PREFIX}MappingSet::m",
        "type": f"{TYPE_PREFIX}MappingSet",
        "inputs": {"__provider": "pickle", "__mark": UNKNOWN, "schema_id": "s1", "mappings": MAPPINGS},
    }
    (mapping_set,) = resources_of({"deployment": {"resources": [planned]}})
    assert mapping_set.inputs == {"schema_id": "s1", "mappings": MAPPINGS}
