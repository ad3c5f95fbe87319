"""The policy pack on the real engine: a program that violates every rule, one that follows all, settings, remediation, audit."""

import json
import re
import shutil

from stacking import Stack

PACK = ("--policy-pack", "policies")
SECRET = "not-a-real-secret"  # noqa: S105 - the placeholder of the programs
STATED = "minimum-interval", "one-writer", "unique-titles"  # mandatory by default
FOR_PRODUCTION = "no-backfill", "no-one-time-flow", "protected"  # disabled by default
RULES = (
    *STATED,
    *("allowed-authentication", "allowed-connectors", "descriptions", "names", "no-backfill", "no-idle-connection"),
    *("no-one-time-flow", "partial-ingestion", "personal-data", "protected", "schedule-budget"),
)

HEAD = """
import pulumi
import aep_pulumi as aep

secret = pulumi.Output.secret("not-a-real-secret")
CLASS = "https://ns.adobe.com/xdm/context/profile"
GROUPS = ["https://ns.adobe.com/xdm/context/profile-person-details", "https://ns.adobe.com/xdm/context/profile-personal-details"]


def person(name, **words):
    schema = aep.Schema(name, class_id=CLASS, field_groups=GROUPS, **words)
    email = aep.IdentityDescriptor(
        name, schema_id=schema.id, source_property="/personalEmail/address", namespace="Email", is_primary=True
    )
    return schema, aep.ProfileEnablement(name, schema_id=schema.id, descriptor_ids=[email.id])


def flow(name, account, dataset, schema, schedule, **words):
    columns = [{"name": "Email", "type": "string"}, {"name": "LastModifiedDate", "type": "string", "xdm_type": "date-time"}]
    source = aep.SourceConnection(
        name, name=f"{name}: source", base_connection_id=account.id, connection_spec_id=aep.Salesforce.spec_id,
        table_name="Contact", columns=columns,
    )
    target = aep.TargetConnection(name, name=f"{name}: target", dataset_id=dataset.id, schema_id=schema.id)
    mapping = aep.MappingSet(
        name, schema=schema, source=source, mappings=[{"source": "Email", "destination": "personalEmail.address"}]
    )
    delta = None if schedule["frequency"] == "once" else {"name": "LastModifiedDate", "timezone": "UTC"}
    return aep.Dataflow(
        name, name=name, source_connection_id=source.id, target_connection_id=target.id, mapping_set_id=mapping.id,
        mapping_set_version=mapping.version, schedule=schedule, delta_column=delta, **words,
    )
"""

BREAKS = (
    HEAD
    + """
crm = aep.BaseConnection("crm", name="x ", **aep.Salesforce.basic(
    environment_url="https://acme.my.salesforce.com", username="u", password=secret, security_token=secret))
aep.BaseConnection(
    "files", name="Files", connection_spec_id="32e8f412-cdf7-464c-9885-78184cb113fd",
    auth={"spec_name": "Basic Authentication for google-cloud", "params": {"accessKeyId": secret, "secretAccessKey": secret}})
schema, union = person("people", title="People")
aep.Schema("again", title="people", class_id=CLASS)
people = aep.Dataset(
    "people", name="People", schema_id=schema.id, profile={"enabled": True}, force_destroy=True,
    opts=pulumi.ResourceOptions(depends_on=[union]))
flow("often", crm, people, schema, {"frequency": "minute", "interval": 15}, partial_ingestion_percent=50)
flow("single", crm, people, schema, {"frequency": "once"})
"""
)
EVERY = {
    **dict.fromkeys(FOR_PRODUCTION, "advisory"),
    "minimum-interval": {"enforcementLevel": "advisory", "minimum": 16},
}
SECOND = 'flow("single", crm, people,'
APART = 'flow("single", crm, aep.Dataset("apart", name="Apart", schema_id=schema.id),'
"""Replaces the second dataflow into one dataset, which the provider itself rejects."""

KEEPS = (
    HEAD
    + """
keep = pulumi.ResourceOptions(protect=True)
crm = aep.BaseConnection("crm", name="CRM", description="The CRM of marketing", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="c", client_secret=secret, api_version="60.0"))
schema, union = person("people", title="People", description="People of the CRM", opts=keep)
people = aep.Dataset(
    "people", name="People", description="People of the CRM", schema_id=schema.id, profile={"enabled": True},
    tags={"owner": ["crm-team"]}, opts=pulumi.ResourceOptions(depends_on=[union]))  # a dataset protects itself
flow(
    "contacts", crm, people, schema, {"frequency": "minute", "interval": 30, "backfill": False},
    description="Contacts, twice an hour", partial_ingestion_percent=5)
"""
)


def program(stack: Stack, text: str) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(text)


def settings(stack: Stack, config: object) -> tuple[str, ...]:
    path = stack.folder / "policy.json"
    path.write_text(json.dumps(config))
    return (*PACK, "--policy-pack-config", str(path))


def reported(output: str) -> dict[str, str]:
    """The rules that are reported, each with its level."""
    return {rule: level for level, rule in re.findall(r"- \[(\w+)\] +(\S+) +\(", output)}


def test_every_violated_rule_is_reported_and_platform_would_accept_all_but_one(stack: Stack) -> None:
    program(stack, BREAKS)
    # A resource that violates a mandatory rule is not passed to the stack rules.
    every = settings(stack, EVERY)
    printed = stack.preview(*every, fails=True).output
    levels = reported(printed)
    assert sorted(levels) == sorted(RULES)
    assert {rule for rule, level in levels.items() if level == "mandatory"} == {"one-writer", "unique-titles"}
    for unprotected in ('schema "people"', 'dataset "people"'):
        assert f"{unprotected}: protect is not set" in printed
    assert SECRET not in printed

    stricter = reported(stack.preview(*settings(stack, {"minimum-interval": {"minimum": 16}}), fails=True).output)
    assert stricter["minimum-interval"] == "mandatory"
    assert not stricter.keys() & set(FOR_PRODUCTION)
    every = settings(stack, EVERY)
    program(stack, BREAKS.replace(SECOND, APART))
    stack.up()  # Platform accepts all of it

    # As in stacks that have had two dataflows into one dataset since before the provider rejected them.
    state = stack.export()
    ids = stack.ids()
    parts = {part["urn"].rpartition("/aep:")[2]: part for part in state["deployment"]["resources"]}
    single = parts["TargetConnection::single"]
    for values in (single["inputs"], single["outputs"]):
        assert values["dataset_id"] == ids["Dataset apart"]
        values["dataset_id"] = ids["Dataset people"]
    single["propertyDependencies"] = parts["TargetConnection::often"]["propertyDependencies"]
    (stack.folder / "state.json").write_text(json.dumps(state))
    audit = stack.pulumi("policy", "analyze", "--file", "state.json", *every, fails=True).output
    assert sorted(reported(audit)) == sorted(RULES)
    assert SECRET not in audit


def test_the_provider_enforces_the_one_writer_rule_too(stack: Stack) -> None:
    program(stack, BREAKS)
    error_output = stack.up(fails=True).output
    assert "already writes to dataset" in error_output
    assert "or write to another dataset" in error_output
    assert len([name for name in stack.ids() if name.startswith("Dataflow ")]) == 1


def test_a_program_that_follows_every_rule_has_no_violations_in_production(stack: Stack) -> None:
    program(stack, KEEPS)
    args = (*PACK, "--policy-pack-config", "policies/environments/prod.json")
    assert reported(stack.up(*args).output) == {}
    assert reported(stack.preview(*PACK, "--expect-no-changes").output) == {}

    (stack.folder / "state.json").write_text(json.dumps(stack.export()))
    audit = stack.pulumi("policy", "analyze", "--file", "state.json", *args).output
    assert reported(audit) == {}
    assert "aep@v" in audit


def test_the_tutorials_stack_raises_no_advisory_unless_it_has_no_owner(stack: Stack) -> None:
    dev = ("--policy-pack-config", "policies/environments/dev.json")
    for args in (PACK, (*PACK, *dev)):
        assert reported(stack.preview(*args).output) == {}
    stack.pulumi("config", "rm", "crm:owner", "--stack", "dev")
    for args in (PACK, (*PACK, *dev)):
        output = stack.preview(*args).output
        assert reported(output) == {"personal-data": "advisory"}
        assert "production" not in output


def test_a_remediation_changes_what_is_sent(stack: Stack) -> None:
    args = settings(stack, {"minimum-interval": {"enforcementLevel": "remediate", "minimum": 45}})
    assert "8 created" in stack.up(*args).output
    flow = next(part for part in stack.export()["deployment"]["resources"] if part["type"].endswith(":Dataflow"))
    assert flow["inputs"]["schedule"]["interval"] == 45
    stack.preview(*args, "--expect-no-changes")


def test_an_invalid_setting_stops_the_run_in_one_sentence(stack: Stack) -> None:
    wrong: list[tuple[object, str]] = [
        (
            {"minimum-interval": {"minimum": "thirty"}},
            "minimum-interval: minimum: Invalid type. Expected: integer, given: string",
        ),
        ({"minimum-interval": {"minimun": 30}}, "\"minimum-interval\" has no setting 'minimun': did you mean minimum?"),
        ({"minimum-intervall": {"minimum": 30}}, 'configuring policy pack "aep"'),
        ({"names": {"patterns": {"Dataset": "("}}}, "patterns.Dataset is '(', which is not a valid regular expression"),
        ({"minimum-interval": "mandatry"}, '"mandatry" is not a valid enforcement level'),
    ]
    for config, sentence in wrong:
        error_output = stack.preview(*settings(stack, config), fails=True).output
        assert sentence in error_output
        assert "Traceback" not in error_output


def test_a_rule_that_raises_stops_the_run_in_one_sentence_whatever_its_level(stack: Stack) -> None:
    for file, line, subject in (
        # Whichever resource is checked first.
        ("descriptions.py", '    value, least = at(declared.properties, "description")', r'[a-z ]+ "[a-z-]+"'),
        ("personal_data.py", "    destinations: dict[Declared, list[str]] = {}", "the stack"),
    ):
        shutil.copytree(stack.folder / "policies", stack.folder / file)
        path = stack.folder / file / file
        text = path.read_text()
        assert line in text
        path.write_text(text.replace(line, f'    raise ValueError("{SECRET}")\n{line}'))
        error_output = stack.preview("--policy-pack", file, fails=True).output
        assert re.search(rf"could not check {subject} \(ValueError in {re.escape(file)}, line ", error_output), error_output
        assert "Traceback" not in error_output
        assert SECRET not in error_output
