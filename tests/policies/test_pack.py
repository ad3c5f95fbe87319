"""The pack as a whole: unknowns, foreign resources, faults, settings files, README, and what it may lean on."""

import ast
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from connectors import CONNECTORS
from hypothesis import given, strategies as st
from known import UNKNOWN, known
from minimum_interval import MINIMUM_INTERVAL
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
    proxy,
)
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy
from pulumi_policy.secret import Secret, secrets_preserving_proxy
from rule import ResourceRule, Rule, StackRule
from rules import RULES
from trial import Declared, RuleError, declare, findings

import aep_pulumi
from aep_pulumi import connectors
from aep_pulumi.engine_values import UNKNOWNS
from aep_pulumi.kinds import BY_NAME, KINDS, TYPE_PREFIX

PACK = Path(__file__).parents[2] / "policies"
OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])  # noqa: FBT003 - the SDK's own order

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text() | st.just(UNKNOWN_STRING_VALUE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
PROPERTIES = (
    *("auth", "base_connection_id", "connection_spec_id", "dataset_id", "description", "enabled", "mapping_set_id", "mappings"),
    *(
        "name",
        "partial_ingestion_percent",
        "profile",
        "schedule",
        "source_connection_id",
        "tags",
        "target_connection_id",
        "title",
    ),
)
INNER = ("backfill", "destination", "enabled", "frequency", "interval", "owner", "spec_name")
properties = st.dictionaries(
    st.sampled_from(PROPERTIES),
    json_values
    | st.dictionaries(st.sampled_from(INNER), json_values)
    | st.lists(st.dictionaries(st.sampled_from(INNER), json_values))
    | st.just({"frequency": "minute", "interval": 15}),
)


def asked(kind: str, said: Any, name: str = "it") -> ResourceValidationArgs:
    return ResourceValidationArgs(
        TYPE_PREFIX + kind, unknown_checking_proxy(said), f"urn::{kind}::{name}", name, OPTIONS, None, {}
    )


def reported(rule: Rule, *resources_: ResourceValidationArgs, wires: Mapping[str, str] | None = None) -> list[str]:
    """What a rule reports, asked as the SDK asks it."""
    messages: list[str] = []

    def report(message: str, _urn: str | None = None) -> None:
        messages.append(message)

    if isinstance(rule, ResourceValidationPolicy):
        for args in resources_:
            rule.validate(args, report)
        return messages
    seen = [
        PolicyResource(args.resource_type, args.props, args.urn, args.name, args.opts, None, None, [], {}) for args in resources_
    ]
    for resource in seen:
        for name, kind in (wires or {}).items():
            if name not in list(resource.props):
                continue
            resource.property_dependencies[name] = [other for other in seen if other.resource_type == f"{TYPE_PREFIX}{kind}"][:1]
    rule.validate(StackValidationArgs(seen, {}), report)
    return messages


WIRES = {name: on for kind in KINDS for name, on in kind.depends_on.items() if name != "schema_id"}


@given(st.lists(st.tuples(st.sampled_from(sorted(BY_NAME)), properties), max_size=6))
def test_no_properties_make_a_rule_raise(said: list[tuple[str, dict[str, Any]]]) -> None:
    stack = [asked(kind, values, f"r{at}") for at, (kind, values) in enumerate(said)]
    for rule in RULES:
        for message in reported(rule, *stack, wires=WIRES):
            assert UNKNOWN_STRING_VALUE not in message


def unknown_everywhere(value: Any, unknown: str) -> Any:
    if isinstance(value, Mapping):
        return {name: unknown_everywhere(item, unknown) for name, item in value.items()}
    if isinstance(value, list):
        return [unknown_everywhere(item, unknown) for item in value]
    return unknown


@pytest.mark.parametrize("unknown", [UNKNOWN_STRING_VALUE, UNKNOWN_NUMBER_VALUE, "[secret]"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_unknowns_break_no_rule(rule: Rule, unknown: str) -> None:
    if rule.name in {"protected", "no-idle-connection", "one-writer"}:
        return  # they look at no value: at wires, and at what Pulumi knows itself
    whole = [asked(one.kind, dict.fromkeys([*one.properties, "description", "tags"], unknown), one.name) for one in rule.breaks]
    assert reported(rule, *whole, wires=WIRES) == []
    inside = [
        asked(
            one.kind,
            unknown_everywhere(one.properties, unknown) | {"description": unknown, "tags": {"owner": [unknown]}},
            one.name,
        )
        for one in rule.breaks
    ]
    assert reported(rule, *inside, wires=WIRES) == []


class Forbidden(Mapping[str, Any]):
    """Properties that nobody may look at."""

    def __getitem__(self, name: str) -> Any:
        raise AssertionError(name)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


@pytest.mark.parametrize(
    "token",
    ["pulumi:providers:pulumi-python", "pulumi:pulumi:Stack", "aws:s3/bucket:Bucket", f"{TYPE_PREFIX}Unheard", "Dataset", ""],
)
def test_what_is_not_ours_is_not_looked_at(token: str) -> None:
    args = ResourceValidationArgs(token, Forbidden(), "urn", "it", OPTIONS, None, {})
    for rule in RULES:
        assert reported(rule, args) == []


def test_every_rule_is_asked_as_pulumi_asks_and_says_what_it_says_of_plain_dicts() -> None:
    for rule in RULES:
        said = [
            asked(
                one.kind,
                {name: UNKNOWN_STRING_VALUE if value is UNKNOWN else value for name, value in one.properties.items()},
                one.name,
            )
            for one in rule.breaks
        ]
        if rule.name != "one-writer":  # two target connections: `reported` wires the first alone
            assert reported(rule, *said, wires=WIRES) == findings(rule, *rule.breaks)


def test_an_unknown_keeps_its_place_and_the_rest_is_plain() -> None:
    said = {"a": [1.0, UNKNOWN_STRING_VALUE, {"b": 2.5}], "__provider": "x", "c": UNKNOWN_NUMBER_VALUE, "d": "[secret]"}
    for values in (unknown_checking_proxy(said), secrets_preserving_proxy(said), said):
        assert known(values) == {"a": [1, UNKNOWN, {"b": 2.5}], "c": UNKNOWN, "d": UNKNOWN}


def failing(_declared: Any, _settings: Any) -> Any:
    raise ValueError("hunter2")


def test_a_rule_that_fails_is_no_silent_pass_and_repeats_no_value() -> None:
    people = declare("Dataset", "people", {})
    words: dict[str, Any] = {"name": "ours", "description": "Ours.", "settings": {}, "keeps": [], "breaks": []}
    for rule in (ResourceRule(kinds=["Dataset"], judge=failing, **words), StackRule(judge=failing, **words)):
        with pytest.raises(RuleError) as fault:
            findings(rule, people)
        assert 'policy rule "ours" could not judge ' in str(fault.value)
        assert "ValueError in test_pack.py, line " in str(fault.value)
        assert "hunter2" not in str(fault.value)
        assert fault.value.__cause__ is None
        assert fault.value.__suppress_context__


def test_the_remedy_mends_what_breaks_the_rule_and_keeps_secrets_and_unknowns() -> None:
    said = {
        "schedule": {"frequency": "minute", "interval": 10.0},
        "token": Secret("s"),
        "id": UNKNOWN_STRING_VALUE,
        "__provider": "p",
    }
    args = asked("Dataflow", secrets_preserving_proxy(said))
    mended: Any = MINIMUM_INTERVAL.remediate(args)
    assert mended["__target"] == {**said, "schedule": {"frequency": "minute", "interval": 15}}
    assert MINIMUM_INTERVAL.remediate(args) is None
    for other in ({"schedule": UNKNOWN_STRING_VALUE}, {}, {"schedule": {"frequency": "hour", "interval": 1}}):
        assert MINIMUM_INTERVAL.remediate(asked("Dataflow", secrets_preserving_proxy(other))) is None
    assert MINIMUM_INTERVAL.remediate(asked("Dataset", secrets_preserving_proxy(said))) is None


def test_the_examples_say_what_their_kinds_take() -> None:
    for rule in RULES:
        for one in (*rule.keeps, *rule.breaks):
            kind = getattr(aep_pulumi, one.kind)
            assert set(one.properties) <= kind.provider.inputs.model_fields.keys(), rule.name


def test_the_connectors_are_those_of_the_package() -> None:
    assert {connector.__name__: connector.spec_id for connector in connectors.CONNECTORS} == CONNECTORS


def test_the_pack_leans_on_the_policy_sdk_and_on_what_imports_nothing_alone() -> None:
    own = {path.stem for path in PACK.glob("*.py")}
    for path in PACK.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                wanted = [node.module or ""]
            else:
                continue
            roots = {name.partition(".")[0] for name in wanted if name not in {"aep_pulumi.kinds", "aep_pulumi.engine_values"}}
            assert roots <= own | {"pulumi_policy"} | sys.stdlib_module_names, path.name


def test_the_unknowns_are_those_of_the_policy_sdk() -> None:
    assert {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")} == UNKNOWNS


def test_every_environment_sets_every_rule_and_nothing_else() -> None:
    files = sorted((PACK / "environments").glob("*.json"))
    assert [file.stem for file in files] == ["dev", "prod", "stage"]
    levels = {file.stem: json.loads(file.read_text()) for file in files}
    for said in levels.values():
        assert list(said) == [rule.name for rule in RULES]
        assert set(said.values()) <= {"advisory", "mandatory", "disabled"}
    assert set(levels["prod"].values()) == {"mandatory"}


def test_what_is_for_production_is_disabled_by_default_and_no_message_speaks_of_an_environment() -> None:
    dev = json.loads((PACK / "environments" / "dev.json").read_text())
    for rule in RULES:
        assert rule.enforcement_level
        assert rule.enforcement_level.value == dev[rule.name]
        for message in findings(rule, *rule.breaks):
            assert "production" not in message


def test_every_setting_has_a_default_of_its_type_and_a_description() -> None:
    types: dict[str, Any] = {"integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    for rule in RULES:
        assert isinstance(rule, ResourceValidationPolicy | StackValidationPolicy)
        for schema in rule.schemas.values():
            assert isinstance(schema["default"], types[schema["type"]])
            assert schema["description"].endswith(".")


def test_the_readme_is_what_the_rules_say() -> None:
    render = runpy.run_path(str(PACK.parent / "tools" / "policy_readme.py"))["render"]
    assert (PACK / "README.md").read_text() == render(), "run `python tools/policy_readme.py`"


def test_the_pack_has_a_version() -> None:
    assert yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["version"]


def test_a_resource_is_named_by_kind_and_name() -> None:
    assert str(Declared("FieldGroup", "own")) == 'field group "own"'
