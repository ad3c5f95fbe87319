"""Valid programs, some with values at their limits, pass preview and deploy on the real engine."""

import json
import random
from typing import Any

from stacking import Stack

NUMBERS = (1, 2, 7, 10, 13, 24, 27, 31, 39)
"""Of the programs, so many that each value is in one of them, and each limit of a schedule."""

PROFILE = "https://ns.adobe.com/xdm/context/profile"
DETAILS = [f"{PROFILE}-{part}-details" for part in ("person", "personal", "work")]
LIMITS = {"minute": (15, 52_594_560), "hour": (1, 876_600), "day": (1, 36_525), "week": (1, 5_217)}

MAIN = """
import json
import random
from pathlib import Path

import pulumi
import aep_pulumi as aep

programs = json.loads(Path(__file__).with_name("programs.json").read_text())
base = aep.BaseConnection(
    "crm",
    name="CRM",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="3MVG9",
        client_secret=pulumi.Output.secret("opensesame"),
        api_version="60.0",
    ),
)
for name, inputs in programs.items():
    group = aep.FieldGroup(f"{name}-own", **inputs["group"])
    schema = aep.Schema(f"{name}-schema", field_groups=[*inputs["groups"], group], **inputs["schema"])
    dataset = aep.Dataset(f"{name}-rows", schema_id=schema.id, force_destroy=True, **inputs["dataset"])
    source = aep.SourceConnection(
        f"{name}-source", base_connection_id=base.id, connection_spec_id=aep.Salesforce.spec_id, **inputs["source"]
    )
    target = aep.TargetConnection(f"{name}-target", name=name, dataset_id=dataset.id, schema_id=schema.id)
    mapping = aep.MappingSet(f"{name}-mapping", schema=schema, source=source, mappings=inputs["mappings"])
    aep.Dataflow(
        f"{name}-flow",
        name=name,
        source_connection_id=source.id,
        target_connection_id=target.id,
        mapping_set_id=mapping.id,
        mapping_set_version=mapping.version,
        **inputs["flow"],
    )
"""


def program(number: int) -> dict[str, Any]:
    """The inputs of one program."""
    dice = random.Random(number)  # noqa: S311 - test data
    frequency = dice.choice([*LIMITS, "once"])
    schedule: dict[str, Any] = {"frequency": frequency}
    if frequency in LIMITS:
        schedule["interval"] = dice.choice(LIMITS[frequency])
    if dice.random() < 0.5:
        schedule["start_time"] = dice.choice([946_684_800, 4_102_444_799])
    number_limit = dice.choice([0, -(2**53 - 1), 2**53 - 1, 0.5])
    fields = {
        "id": {
            "type": "string",
            "pattern": dice.choice(["", "[]", r"\p{L}+", "(?<a>b)*?", "]{"]),
            "min_length": 3,
            "max_length": 3,
        },
        "score": {"type": "number", "minimum": number_limit, "maximum": number_limit},
        "tier": {"type": "string", "enum": {"": "none", "gold": "Gold"}},
    }
    mappings = [
        {"source": "FirstName", "destination": "person.name.firstName"},
        {"source": 'concat("(", LastName, ")")', "destination": "person.name.lastName", "source_type": "EXPRESSION"},
        {"source": " ", "destination": "person.name.middleName", "source_type": "STATIC"},
    ]
    classes = [PROFILE, "https://ns.adobe.com/xdm/context/experienceevent"]
    dice.shuffle(classes)
    groups = [DETAILS[0], *dice.sample(DETAILS[1:], dice.randint(0, 2))]
    return {
        "group": {"title": f"{'名' * dice.choice([1, 60])} {number}", "class_ids": classes, "fields": fields},
        "groups": groups,
        "schema": {"title": f"S{number}", "class_id": PROFILE, "description": dice.choice(["", " ", "what it is for"])},
        "dataset": {"name": dice.choice(["x", "é" * 100]), "tags": {"a tag": ["", "b"]}},
        "source": {"name": "s", "table_name": "Contact"} | dice.choice([{}, {"row_filter": {"a": [0.5, {"b": False}]}}]),
        "mappings": mappings[: dice.randint(1, 3)],
        "flow": {"schedule": schedule, "partial_ingestion_percent": dice.choice([0.01, 100])}
        | ({} if frequency == "once" else {"delta_column": {"name": "LastModifiedDate"}}),
    }


def shuffled(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with their sets in another order."""
    group = inputs["group"] | {"class_ids": inputs["group"]["class_ids"][::-1]}
    return inputs | {"group": group, "groups": inputs["groups"][::-1]}


def test_the_programs_have_all_values() -> None:
    """Each of those that many more programs have."""
    few, many = ({leaf for number in numbers for leaf in leaves(program(number))} for numbers in (NUMBERS, range(100)))
    assert many - few == set()


def leaves(value: object, path: str = "") -> set[str]:
    """Each value with its place, but of a name only whether it is long."""
    if isinstance(value, dict) and "frequency" in value:
        return {f"{path}: {value['frequency']} {value.get('interval')}", f"{path}: {value.get('start_time')}"}
    if isinstance(value, dict):
        return {leaf for name, member in value.items() for leaf in leaves(member, f"{path}/{name}")}
    if isinstance(value, list):
        return {f"{path}: {json.dumps(value)}"} if all(isinstance(each, str) for each in value) else {f"{path}: {len(value)}"}
    return {
        f"{path}: {len(value) > 50 if path.endswith('/title') else value!r}" if isinstance(value, str) else f"{path}: {value!r}"
    }


def test_valid_programs_deploy_and_are_unchanged_with_reordered_sets(stack: Stack) -> None:
    folder = stack.folder / "stacks"
    programs = {f"p{number}": program(number) for number in NUMBERS}
    (folder / "__main__.py").write_text(MAIN)
    (folder / "programs.json").write_text(json.dumps(programs))
    ran = stack.pulumi("up", "--yes", "--stack", "dev")
    assert "cannot be looked up" not in ran.output
    assert f"+ {2 + 7 * len(NUMBERS)} created" in ran.output

    (folder / "programs.json").write_text(json.dumps({name: shuffled(inputs) for name, inputs in programs.items()}))
    stack.preview("--expect-no-changes")
