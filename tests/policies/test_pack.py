"""The pack as a whole: unknown values, resources of other providers, exceptions, settings files, README, imports."""

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


def arguments(kind: str, values: Any, name: str = "it") -> ResourceValidationArgs:
    return ResourceValidationArgs(
        TYPE_PREFIX + kind, unknown_checking_proxy(values), f"urn::{kind}::{name}", name, OPTIONS, None, {}
    )


def reported(rule: Rule, *resources_: ResourceValidationArgs, references: Mapping[str, str] | None = None) -> list[str]:
    """The messages of a rule that is called like the SDK calls it."""
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
        for name, kind in (references or {}).items():
            if name not in list(resource.props):
                continue
            resource.property_dependencies[name] = [other for other in seen if other.resource_type == f"{TYPE_PREFIX}{kind}"][:1]
    rule.validate(StackValidationArgs(seen, {}), report)
    return messages


REFERENCES = {name: on for kind in KINDS for name, on in kind.depends_on.items() if name != "schema_id"}


@given(st.lists(st.tuples(st.sampled_from(sorted(BY_NAME)), properties), max_size=6))
def test_no_properties_make_a_rule_raise(resources: list[tuple[str, dict[str, Any]]]) -> None:
    stack = [arguments(kind, values, f"r{at}") for at, (kind, values) in enumerate(resources)]
    for rule in RULES:
        for message in reported(rule, *stack, references=REFERENCES):
            assert UNKNOWN_STRING_VALUE not in message


def unknown_everywhere(value: Any, unknown: str) -> Any:
    if isinstance(value, Mapping):
        return {name: unknown_everywhere(item, unknown) for name, item in value.items()}
    if isinstance(value, list):
        return [unknown_everywhere(item, unknown) for item in value]
    return unknown


@pytest.mark.parametrize("unknown", [UNKNOWN_STRING_VALUE, UNKNOWN_NUMBER_VALUE, "[secret]"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_unknown_values_violate_no_rule(rule: Rule, unknown: str) -> None:
    if rule.name in {"protected", "no-idle-connection", "one-writer"}:
        return  # these rules check references and resource options, not values
    whole = [
        arguments(one.kind, dict.fromkeys([*one.properties, "description", "tags"], unknown), one.name) for one in rule.breaks
    ]
    assert reported(rule, *whole, references=REFERENCES) == []
    inside = [
        arguments(
            one.kind,
            unknown_everywhere(one.properties, unknown) | {"description": unknown, "tags": {"owner": [unknown]}},
            one.name,
        )
        for one in rule.breaks
    ]
    assert reported(rule, *inside, references=REFERENCES) == []


class Forbidden(Mapping[str, Any]):
    """Properties that raise when they are read."""

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
def test_resources_of_other_providers_are_not_read(token: str) -> None:
    args = ResourceValidationArgs(token, Forbidden(), "urn", "it", OPTIONS, None, {})
    for rule in RULES:
        assert reported(rule, args) == []


def test_every_rule_reports_the_same_when_called_by_pulumi_and_on_plain_dicts() -> None:
    for rule in RULES:
        resources = [
            arguments(
                one.kind,
                {name: UNKNOWN_STRING_VALUE if value is UNKNOWN else value for name, value in one.properties.items()},
                one.name,
            )
            for one in rule.breaks
        ]
        if rule.name != "one-writer":  # two target connections: `reported` only refers to the first
            assert reported(rule, *resources, references=REFERENCES) == findings(rule, *rule.breaks)


def test_known_marks_unknown_values_and_copies_the_rest() -> None:
    raw = {"a": [1.0, UNKNOWN_STRING_VALUE, {"b": 2.5}], "__provider": "x", "c": UNKNOWN_NUMBER_VALUE, "d": "[secret]"}
    for values in (unknown_checking_proxy(raw), secrets_preserving_proxy(raw), raw):
        assert known(values) == {"a": [1, UNKNOWN, {"b": 2.5}], "c": UNKNOWN, "d": UNKNOWN}


def failing(_declared: Any, _settings: Any) -> Any:
    raise ValueError("hunter2")


def test_a_rule_that_raises_stops_the_run_without_showing_a_value() -> None:
    people = declare("Dataset", "people", {})
    options: dict[str, Any] = {"name": "ours", "description": "Ours.", "settings": {}, "keeps": [], "breaks": []}
    for rule in (ResourceRule(kinds=["Dataset"], judge=failing, **options), StackRule(judge=failing, **options)):
        with pytest.raises(RuleError) as raised:
            findings(rule, people)
        assert 'policy rule "ours" could not check ' in str(raised.value)
        assert "ValueError in test_pack.py, line " in str(raised.value)
        assert "hunter2" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__


def test_the_remedy_fixes_the_violation_and_keeps_secrets_and_unknown_values() -> None:
    values = {
        "schedule": {"frequency": "minute", "interval": 10.0},
        "token": Secret("s"),
        "id": UNKNOWN_STRING_VALUE,
        "__provider": "p",
    }
    args = arguments("Dataflow", secrets_preserving_proxy(values))
    fixed: Any = MINIMUM_INTERVAL.remediate(args)
    assert fixed["__target"] == {**values, "schedule": {"frequency": "minute", "interval": 15}}
    assert MINIMUM_INTERVAL.remediate(args) is None
    for other in ({"schedule": UNKNOWN_STRING_VALUE}, {}, {"schedule": {"frequency": "hour", "interval": 1}}):
        assert MINIMUM_INTERVAL.remediate(arguments("Dataflow", secrets_preserving_proxy(other))) is None
    assert MINIMUM_INTERVAL.remediate(arguments("Dataset", secrets_preserving_proxy(values))) is None


def test_the_examples_use_inputs_of_their_kinds() -> None:
    for rule in RULES:
        for one in (*rule.keeps, *rule.breaks):
            kind = getattr(aep_pulumi, one.kind)
            assert set(one.properties) <= kind.provider.inputs.model_fields.keys(), rule.name


def test_the_connectors_are_those_of_the_package() -> None:
    assert {connector.__name__: connector.spec_id for connector in connectors.CONNECTORS} == CONNECTORS


def test_the_pack_imports_only_the_policy_sdk_and_base_modules() -> None:
    own = {path.stem for path in PACK.glob("*.py")}
    for path in PACK.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                imported = [node.module or ""]
            else:
                continue
            roots = {name.partition(".")[0] for name in imported if name not in {"aep_pulumi.kinds", "aep_pulumi.engine_values"}}
            assert roots <= own | {"pulumi_policy"} | sys.stdlib_module_names, path.name


def test_the_unknowns_are_those_of_the_policy_sdk() -> None:
    assert {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")} == UNKNOWNS


def test_every_environment_sets_every_rule_and_nothing_else() -> None:
    files = sorted((PACK / "environments").glob("*.json"))
    assert [file.stem for file in files] == ["dev", "prod", "stage"]
    levels = {file.stem: json.loads(file.read_text()) for file in files}
    for by_rule in levels.values():
        assert list(by_rule) == [rule.name for rule in RULES]
        assert set(by_rule.values()) <= {"advisory", "mandatory", "disabled"}
    assert set(levels["prod"].values()) == {"mandatory"}


def test_rules_for_production_are_disabled_by_default_and_no_message_mentions_production() -> None:
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


def test_the_readme_is_up_to_date() -> None:
    render = runpy.run_path(str(PACK.parent / "tools" / "policy_readme.py"))["render"]
    assert (PACK / "README.md").read_text() == render(), "run `python tools/policy_readme.py`"


def test_the_pack_has_a_version() -> None:
    assert yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["version"]


def test_a_resource_is_shown_by_kind_and_name() -> None:
    assert str(Declared("FieldGroup", "own")) == 'field group "own"'
