"""The policy pack by the real engine: one program that breaks every rule, one that keeps all, settings, remedy, audit."""

import json
import re
import shutil

from stacking import Stack

PACK = ("--policy-pack", "policies")
SECRET = "not-a-real-secret"  # noqa: S105 - the programs' pretended one
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
"""In place of the second dataflow into one dataset, which the provider itself refuses."""

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


def settings(stack: Stack, said: object) -> tuple[str, ...]:
    path = stack.folder / "policy.json"
    path.write_text(json.dumps(said))
    return (*PACK, "--policy-pack-config", str(path))


def reported(output: str) -> dict[str, str]:
    """The rules that speak, each with its level."""
    return {rule: level for level, rule in re.findall(r"- \[(\w+)\] +(\S+) +\(", output)}


def test_a_program_that_breaks_every_rule_hears_of_each_and_platform_would_take_all_but_one(stack: Stack) -> None:
    program(stack, BREAKS)
    # A resource that a mandatory rule stops is no part of the stack that the stack rules see.
    every = settings(stack, EVERY)
    heard = stack.preview(*every, fails=True).output
    levels = reported(heard)
    assert sorted(levels) == sorted(RULES)
    assert {rule for rule, level in levels.items() if level == "mandatory"} == {"one-writer", "unique-titles"}
    for unprotected in ('schema "people"', 'dataset "people"'):
        assert f"{unprotected}: protect is not set" in heard
    assert SECRET not in heard

    stricter = reported(stack.preview(*settings(stack, {"minimum-interval": {"minimum": 16}}), fails=True).output)
    assert stricter["minimum-interval"] == "mandatory"
    assert not stricter.keys() & set(FOR_PRODUCTION)
    every = settings(stack, EVERY)
    program(stack, BREAKS.replace(SECOND, APART))
    stack.up()  # Platform takes it all

    # As stacks are that have two dataflows into one dataset from before the provider refused them.
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


def test_what_the_rule_of_one_writer_asks_the_provider_asks_too(stack: Stack) -> None:
    program(stack, BREAKS)
    refused = stack.up(fails=True).output
    assert "already writes to dataset" in refused
    assert "or write to another dataset" in refused
    assert len([name for name in stack.ids() if name.startswith("Dataflow ")]) == 1


def test_a_program_that_keeps_every_rule_hears_of_none_in_production(stack: Stack) -> None:
    program(stack, KEEPS)
    assert reported(stack.preview(*PACK).output) == {}
    words = (*PACK, "--policy-pack-config", "policies/environments/prod.json")
    assert reported(stack.up(*words).output) == {}
    assert reported(stack.preview(*words, "--expect-no-changes").output) == {}

    stack.pulumi("stack", "export", "--stack", "dev", "--file", str(stack.folder / "state.json"))
    audit = stack.pulumi("policy", "analyze", "--file", "state.json", *words).output
    assert reported(audit) == {}
    assert "aep@v" in audit
    stack.pulumi("state", "unprotect", "--all", "--yes", "--stack", "dev")


def test_the_tutorials_stack_raises_no_advisory_unless_it_has_no_owner(stack: Stack) -> None:
    dev = ("--policy-pack-config", "policies/environments/dev.json")
    for words in (PACK, (*PACK, *dev)):
        assert reported(stack.preview(*words).output) == {}
    stack.pulumi("config", "rm", "crm:owner", "--stack", "dev")
    for words in (PACK, (*PACK, *dev)):
        output = stack.preview(*words).output
        assert reported(output) == {"personal-data": "advisory"}
        assert "production" not in output


def test_a_remedy_mends_what_is_sent(stack: Stack) -> None:
    words = settings(stack, {"minimum-interval": {"enforcementLevel": "remediate", "minimum": 45}})
    assert "8 created" in stack.up(*words).output
    flow = next(part for part in stack.export()["deployment"]["resources"] if part["type"].endswith(":Dataflow"))
    assert flow["inputs"]["schedule"]["interval"] == 45
    stack.preview(*words, "--expect-no-changes")


def test_a_wrong_setting_stops_the_run_in_a_sentence(stack: Stack) -> None:
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
    for said, sentence in wrong:
        refused = stack.preview(*settings(stack, said), fails=True).output
        assert sentence in refused
        assert "Traceback" not in refused


def test_a_rule_that_raises_stops_the_run_in_a_sentence_whatever_its_level(stack: Stack) -> None:
    for file, line, subject in (
        # Whichever resource comes first.
        ("descriptions.py", '    value, least = at(declared.properties, "description")', r'[a-z ]+ "[a-z-]+"'),
        ("personal_data.py", "    taken: dict[Declared, list[str]] = {}", "the stack"),
    ):
        shutil.copytree(stack.folder / "policies", stack.folder / file)
        path = stack.folder / file / file
        text = path.read_text()
        assert line in text
        path.write_text(text.replace(line, f'    raise ValueError("{SECRET}")\n{line}'))
        refused = stack.preview("--policy-pack", file, fails=True).output
        assert re.search(rf"could not judge {subject} \(ValueError in {re.escape(file)}, line ", refused), refused
        assert "Traceback" not in refused
        assert SECRET not in refused
