"""Order, on the real engine: a reordered set is not a change, and free JSON is sent exactly as written."""

import requests
from stacking import Stack, platform_headers

SOURCES = "/data/foundation/flowservice/sourceConnections"
PROGRAM = """
import pulumi
import aep_pulumi as aep

TURNED = pulumi.Config("order").get_bool("turned")


def ordered(items):
    return list(reversed(items)) if TURNED else items


PROFILE = "https://ns.adobe.com/xdm/context/profile"
account = aep.BaseConnection(
    "account", name="account",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", api_version="52.0",
        client_id="acme", client_secret=pulumi.Output.secret("s"),
    ),
)
source = aep.SourceConnection(
    "source", name="source", base_connection_id=account.id, connection_spec_id=aep.Salesforce.spec_id, table_name="Contact",
    columns=ordered([{"name": name, "type": "string"} for name in ("Id", "FirstName", "LastName", "LastModifiedDate")]),
    row_filter={"a": None, "b": 9007199254740993},
)
schema = aep.Schema(
    "schema", title="order", class_id=PROFILE, field_groups=ordered([f"{PROFILE}-person-details", f"{PROFILE}-personal-details"])
)
dataset = aep.Dataset(
    "dataset", name="order", schema_id=schema.id, tags={"team": ordered(["a", "b"])}, force_destroy=True
)
target = aep.TargetConnection("target", name="order", dataset_id=dataset.id, schema_id=schema.id)
mapping = aep.MappingSet(
    "mapping", schema=schema, source=source,
    mappings=ordered([
        {"source": "FirstName", "destination": "person.name.firstName"},
        {"source": "LastName", "destination": "person.name.lastName"},
    ]),
)
aep.Dataflow(
    "flow", name="order", source_connection_id=source.id, target_connection_id=target.id, mapping_set_id=mapping.id,
    mapping_set_version=mapping.version, schedule={"frequency": "hour", "interval": 1}, delta_column={"name": "LastModifiedDate"},
)
empty = {"tags": {}} if TURNED else {}
aep.Dataset("plain", name="plain", schema_id=schema.id, force_destroy=True, **empty)
"""


def test_reordered_sets_are_unchanged_before_and_after_a_refresh(stack: Stack) -> None:
    """Cases 15, 29 and 30: reordered columns and mappings, and a filter with a number that a double cannot represent."""
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)
    stack.up()
    url = f"{stack.platform}{SOURCES}/{stack.ids()['SourceConnection source']}"
    remote = requests.get(url, headers=platform_headers(stack), timeout=10).json()["items"][0]
    assert remote["params"]["filters"]["value"] == {"a": None, "b": 9007199254740993}
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    stack.configure({"order:turned": "true"})
    before = [request for request in stack.request_lines() if not request.startswith("GET")]
    assert "9 unchanged" in stack.up("--expect-no-changes").output
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    stack.preview("--expect-no-changes")
    assert [request for request in stack.request_lines() if not request.startswith("GET") and "/ims/" not in request] == [
        request for request in before if "/ims/" not in request
    ]
