"""Each rule on its own: resources that satisfy it, resources that violate it, and its messages."""

import re
from typing import Any

import pytest
from authentication import ALLOWED_AUTHENTICATION
from backfill import NO_BACKFILL
from connectors import ALLOWED_CONNECTORS, CONNECTORS
from descriptions import DESCRIPTIONS
from idle_connections import NO_IDLE_CONNECTION
from known import UNKNOWN
from minimum_interval import MINIMUM_INTERVAL
from names import NAMES
from one_time_flow import NO_ONE_TIME_FLOW
from one_writer import ONE_WRITER
from partial_ingestion import PARTIAL_INGESTION
from personal_data import PERSONAL_DATA, personal_paths
from protection import PROTECTED
from pulumi_policy import ResourceValidationPolicy
from rule import Rule
from rules import RULES
from schedule_budget import SCHEDULE_BUDGET, batches_a_day
from trial import Declared, RuleError, declare, findings
from unique_titles import UNIQUE_TITLES

GOOGLE = "32e8f412-cdf7-464c-9885-78184cb113fd"


def flow(**properties: Any) -> Declared:
    return declare("Dataflow", "contacts", properties)


def account(method: object, spec_id: object = CONNECTORS["Salesforce"]) -> Declared:
    return declare(
        "BaseConnection", "crm", {"connection_spec_id": spec_id, "auth": {"spec_name": method, "params": {"p": "hidden"}}}
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_its_examples_satisfy_and_violate_it(rule: Rule) -> None:
    assert findings(rule, *rule.keeps) == []
    messages = findings(rule, *rule.breaks)
    assert messages
    for message in messages:
        named = [resource.name for resource in rule.breaks if f'"{resource.name}"' in message]
        assert named, "no resource is named"
        assert re.search(r": .+, .+: .+", message), "value, limit and fix"
        assert re.search(r"\d|is |has |writes ", message)
        assert "\n" not in message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_it_ignores_exempt_resources(rule: Rule) -> None:
    assert findings(rule, *rule.breaks, exempt=["*"]) == []
    assert findings(rule, *rule.breaks, exempt=["other-*"]) == findings(rule, *rule.breaks)


RESOURCE_CASES: list[tuple[ResourceValidationPolicy, dict[str, Any], Declared, str | None]] = [
    # rule, settings, resource, part of the message
    (MINIMUM_INTERVAL, {"minimum": 30}, flow(schedule={"frequency": "minute", "interval": 30}), None),
    (MINIMUM_INTERVAL, {"minimum": 30}, flow(schedule={"frequency": "minute", "interval": 29}), "schedule.interval is 29"),
    (MINIMUM_INTERVAL, {"minimum": 2}, flow(schedule={"frequency": "hour", "interval": 1}), None),
    (MINIMUM_INTERVAL, {"minimum": 2, "everyFrequency": True}, flow(schedule={"frequency": "hour", "interval": 1}), "below the"),
    (MINIMUM_INTERVAL, {"minimum": 2, "everyFrequency": True}, flow(schedule={"frequency": "once"}), None),
    (NO_ONE_TIME_FLOW, {}, flow(schedule={"frequency": "week", "interval": 1}), None),
    (NO_ONE_TIME_FLOW, {}, flow(schedule={"frequency": "once"}), "schedule.frequency is 'once'"),
    (NO_ONE_TIME_FLOW, {}, flow(), None),
    (NO_BACKFILL, {}, flow(schedule={"frequency": "hour", "interval": 1, "backfill": False}), None),
    (NO_BACKFILL, {}, flow(schedule={"frequency": "hour", "interval": 1, "backfill": True}), "schedule.backfill is True"),
    (NO_BACKFILL, {}, flow(schedule={"frequency": "hour", "interval": 1}), "not set"),
    (NO_BACKFILL, {}, flow(schedule={"frequency": "hour", "interval": 1, "backfill": UNKNOWN}), None),
    (NO_BACKFILL, {}, flow(schedule={"frequency": "once"}), None),
    (ALLOWED_CONNECTORS, {}, account("any"), None),
    (ALLOWED_CONNECTORS, {}, account("any", GOOGLE), GOOGLE),
    (ALLOWED_CONNECTORS, {"allowed": [GOOGLE]}, account("any", GOOGLE), None),
    (ALLOWED_CONNECTORS, {"allowed": ["Dynamics"]}, account("any"), "is 'Salesforce', and the allowed connectors are Dynamics"),
    (ALLOWED_CONNECTORS, {"allowed": []}, account("any"), "connectors are none"),
    (ALLOWED_CONNECTORS, {"allowed": [CONNECTORS["Salesforce"]]}, account("any"), None),
    (ALLOWED_AUTHENTICATION, {}, account("OAuth2 JWT Token Credential"), None),
    (ALLOWED_AUTHENTICATION, {}, account("Basic Authentication"), "auth.spec_name is 'Basic Authentication'"),
    (ALLOWED_AUTHENTICATION, {}, account("Basic Authentication", CONNECTORS["Veeva"]), None),
    (ALLOWED_AUTHENTICATION, {"allowed": {"Veeva": []}}, account("Basic Authentication", CONNECTORS["Veeva"]), "allows none"),
    (ALLOWED_AUTHENTICATION, {"allowed": {GOOGLE: ["x"]}}, account("y", GOOGLE), "allows 'x'"),
    (NAMES, {}, declare("Dataset", "d", {"name": "Größe (CRM): a/b"}), None),
    (NAMES, {}, declare("Dataset", "d", {"name": " People"}), "name is ' People'"),
    (NAMES, {}, declare("Dataset", "d", {"name": "ab"}), "name is 'ab'"),
    (NAMES, {}, declare("Schema", "s", {"title": "x" * 200}), "title is 'xxx"),
    (NAMES, {"patterns": {"Schema": "CRM: .+"}}, declare("Schema", "s", {"title": "CRM: people"}), None),
    (NAMES, {"patterns": {"Schema": "CRM: .+"}}, declare("Schema", "s", {"title": "A CRM: people"}), "the pattern CRM: .+"),
    (NAMES, {"patterns": {"Schema": "CRM: .+"}}, declare("Dataset", "d", {"name": "?"}), None),
    (NAMES, {}, declare("MappingSet", "m", {"mappings": []}), None),
    (DESCRIPTIONS, {}, declare("Schema", "s", {"description": ""}), "description is not set"),
    (DESCRIPTIONS, {}, declare("Schema", "s", {"description": "  "}), "description is not set"),
    (DESCRIPTIONS, {}, declare("SourceConnection", "s", {}), None),
    (DESCRIPTIONS, {"kinds": ["SourceConnection"]}, declare("SourceConnection", "s", {}), "description is not set"),
    (
        DESCRIPTIONS,
        {"minimumLength": 9},
        declare("Schema", "s", {"description": "People"}),
        "description is 'People', but the policy pack requires 9",
    ),
    (DESCRIPTIONS, {}, declare("Schema", "s", {"description": UNKNOWN}), None),
    (PROTECTED, {}, declare("Schema", "s", {}, protect=True), None),
    (PROTECTED, {}, declare("Schema", "s", {}), "protect is not set"),
    (PROTECTED, {}, declare("MappingSet", "s", {}), None),
    (PROTECTED, {"kinds": ["MappingSet"]}, declare("MappingSet", "s", {}), "ResourceOptions(protect=True)"),
    (PARTIAL_INGESTION, {}, flow(partial_ingestion_percent=5), None),
    (PARTIAL_INGESTION, {}, flow(partial_ingestion_percent=5.5), "is 5.5, above the maximum of 5"),
    (PARTIAL_INGESTION, {"maximum": 0.5}, flow(partial_ingestion_percent=1), "above the maximum of 0.5"),
    (PARTIAL_INGESTION, {}, flow(), None),
]


@pytest.mark.parametrize(("rule", "settings", "resource", "expected"), RESOURCE_CASES)
def test_a_resource_rule(rule: Rule, settings: dict[str, Any], resource: Declared, expected: str | None) -> None:
    messages = findings(rule, resource, **settings)
    if expected is None:
        assert messages == []
    else:
        (message,) = messages
        assert expected in message
        assert "hidden" not in message


def pipeline(
    name: str, dataset: Declared | str, *, mapping: list[dict[str, str]] | None = None, **properties: Any
) -> list[Declared]:
    target = declare("TargetConnection", name, {"dataset_id": dataset})
    mapping_set = declare("MappingSet", name, {"mappings": mapping or []})
    references = {"target_connection_id": target, "mapping_set_id": mapping_set}
    return [target, mapping_set, declare("Dataflow", name, references | properties)]


def every(interval: float, frequency: str = "minute") -> dict[str, object]:
    return {"frequency": frequency, "interval": interval}


@pytest.mark.parametrize(
    ("schedule", "batches"),
    [
        (every(15), 96),
        (every(1, "hour"), 24),
        (every(2, "day"), 0.5),
        (every(1, "week"), pytest.approx(1 / 7)),
        ({"frequency": "once"}, 0),
        (every(0), None),
        ({"frequency": "minute"}, None),
        ({"frequency": UNKNOWN, "interval": 15}, None),
        (UNKNOWN, None),
        (None, None),
    ],
)
def test_batches_per_day(schedule: object, batches: float | None) -> None:
    assert batches_a_day(schedule) == batches


def test_the_budget_counts_only_enabled_dataflows_into_profile() -> None:
    on, off = declare("Dataset", "on", {"profile": {"enabled": True}}), declare("Dataset", "off", {"profile": {"enabled": False}})
    two = [on, *pipeline("a", on, schedule=every(30)), *pipeline("b", on, schedule=every(1, "hour"))]
    rest = [off, *pipeline("c", off, schedule=every(15)), *pipeline("d", "an id", schedule=every(15))]
    rest += pipeline("e", on, schedule=every(15), enabled=False)
    assert findings(SCHEDULE_BUDGET, *two, *rest) == []
    (message,) = findings(SCHEDULE_BUDGET, *two, *rest, batchesPerDay=70)
    assert 'add up to 72 batches a day ("a" 48, "b" 24), above the budget of 70' in message
    (message,) = findings(SCHEDULE_BUDGET, *two, elsewhere=40)
    assert "above the budget of 50 (90 minus 40 elsewhere)" in message
    assert findings(SCHEDULE_BUDGET, *two, batchesPerDay=70, exempt=["b"]) == []
    many = [on, *(part for at in range(9) for part in pipeline(f"f{at}", on, schedule=every(1, "hour")))]
    assert '"f4" 24, …)' in findings(SCHEDULE_BUDGET, *many)[0]


def test_a_dataset_has_one_writer() -> None:
    people, orders = declare("Dataset", "people", {}), declare("Dataset", "orders", {})
    one = [people, orders, *pipeline("a", people), *pipeline("b", orders)]
    assert findings(ONE_WRITER, *one) == []
    assert findings(ONE_WRITER, *one, *pipeline("c", people, enabled=False)) == []
    (message,) = findings(ONE_WRITER, *one, *pipeline("c", people))
    assert 'dataflow "c": it writes to dataset "people", which dataflow "a" already writes to' in message
    assert findings(ONE_WRITER, *one, *pipeline("c", people), exempt=["a"]) == []
    (message,) = findings(ONE_WRITER, *pipeline("a", "an id"), *pipeline("b", "an id"))
    assert "dataset an id" in message
    assert findings(ONE_WRITER, *pipeline("a", "an id"), *pipeline("b", "another")) == []


def test_two_dataflows_on_one_target_connection_are_two_writers() -> None:
    people = declare("Dataset", "people", {})
    target = declare("TargetConnection", "to-people", {"dataset_id": people})
    flows = [declare("Dataflow", name, {"target_connection_id": target}) for name in ("a", "b")]
    assert len(findings(ONE_WRITER, people, target, *flows)) == 1


def test_a_dataset_is_recognised_by_its_id_once_that_is_known() -> None:
    people = declare("Dataset", "people", {})
    by_reference = Declared("TargetConnection", "by-reference", {"dataset_id": "an id"}, uses={"dataset_id": [people]})
    by_id = declare("TargetConnection", "by-id", {"dataset_id": "an id"})
    flows = [declare("Dataflow", target.name, {"target_connection_id": target}) for target in (by_reference, by_id)]
    (message,) = findings(ONE_WRITER, people, by_reference, by_id, *flows)
    assert 'dataset "people"' in message


def test_a_connection_is_idle_if_no_resource_refers_to_it() -> None:
    account_ = declare("BaseConnection", "crm", {})
    source = declare("SourceConnection", "contacts", {"base_connection_id": account_})
    used = declare("Dataflow", "contacts", {"source_connection_id": source})
    assert findings(NO_IDLE_CONNECTION, account_, source, used) == []
    assert [message.partition(":")[0] for message in findings(NO_IDLE_CONNECTION, account_, source)] == [
        'source connection "contacts"'
    ]
    assert len(findings(NO_IDLE_CONNECTION, account_, declare("TargetConnection", "t", {}))) == 2
    by_id = declare("Dataflow", "leads", {"source_connection_id": "an id"})
    assert findings(NO_IDLE_CONNECTION, account_, source, by_id) == []


@pytest.mark.parametrize(
    ("path", "is_personal"),
    [
        ("personalEmail.address", True),
        ("workEmail.address", True),
        ("_acme.customer.eMail", True),
        ("mobilePhone.number", True),
        ("person.name.lastName", True),
        ("_acme.person.name.full", True),
        ("_acme.firstName", True),
        ("person.birthDate", False),
        ("_acme.productName", False),
        ("loyalty.points", False),
    ],
)
def test_personal_data_is_recognised_by_its_path(path: str, *, is_personal: bool) -> None:
    assert personal_paths([{"source": "x", "destination": path}]) == ([path] if is_personal else [])


@pytest.mark.parametrize(
    ("tags", "is_fine"),
    [
        ({"owner": ["crm-team"]}, True),
        ({"label": ["C2"]}, True),
        ({"owner": [UNKNOWN]}, True),
        ({"owner": UNKNOWN}, True),
        (UNKNOWN, True),
        ({"owner": []}, False),
        ({"owner": [" "]}, False),
        ({"team": ["crm"]}, False),
        (None, False),
    ],
)
def test_personal_data_requires_an_owner_or_a_label(tags: object, *, is_fine: bool) -> None:
    dataset = declare("Dataset", "people", {"tags": tags})
    parts = [dataset, *pipeline("a", dataset, mapping=[{"source": "E", "destination": "personalEmail.address"}])]
    messages = findings(PERSONAL_DATA, *parts)
    assert (messages == []) == is_fine
    if not is_fine:
        assert messages[0].startswith(
            'dataset "people": tags has no owner or label, which is required for personal data (personalEmail.address)'
        )
    assert findings(PERSONAL_DATA, *parts, paths=["*birth*"]) == []
    assert findings(PERSONAL_DATA, *parts, tags=["team"]) == [] or not isinstance(tags, dict) or "team" not in tags


def test_titles_are_unique_in_the_stack() -> None:
    people = declare("Schema", "people", {"title": "People"})
    assert findings(UNIQUE_TITLES, people, declare("FieldGroup", "g", {"title": "People details"})) == []
    (message,) = findings(UNIQUE_TITLES, people, declare("FieldGroup", "g", {"title": "people"}))
    assert message.startswith('field group "g": title is \'people\', which schema "people" already has')
    assert findings(UNIQUE_TITLES, people, declare("Schema", "other", {"title": UNKNOWN})) == []
    assert findings(UNIQUE_TITLES, people, declare("Dataset", "people", {"title": "People"})) == []


def test_an_unknown_setting_is_rejected() -> None:
    with pytest.raises(RuleError, match="policy rule \"minimum-interval\" has no setting 'minimun': did you mean minimum"):
        findings(MINIMUM_INTERVAL, minimun=30)
    with pytest.raises(RuleError, match="its settings are batchesPerDay, elsewhere, exempt"):
        findings(SCHEDULE_BUDGET, zzz=1)
    with pytest.raises(RuleError, match=r"patterns.Dataset is '\(', which is not a valid regular expression"):
        findings(NAMES, declare("Dataset", "d", {"name": "x"}), patterns={"Dataset": "("})
