"""Rows: what the runs of a flow read, map, validate and write, compared with the rows of the CRM."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pipelines as p
import pytest
from datasets import batches_of, diagnostics_of, rows_in, rows_of
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json, Pipeline
from plain_client import Platform, Request

from aep_pulumi.emulator.crm.salesforce import SALESFORCE

pytestmark = pytest.mark.slow

HALF_AN_HOUR, QUARTER, DAY = 1800, 900, 86_400
CONTACTS = next(table for table in SALESFORCE if table.path == "Contact")
TEXT: Json = {"type": "string"}


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In the mode of the environment."""
    return ()


@pytest.fixture
def platform(fresh: Platform) -> Platform:
    """A client of the dedicated Platform, after a reset."""
    return fresh


def runs(platform: Platform, flow: str) -> list[Json]:
    """The runs of a flow that have ended; those that are still executed are waited for, on a busy machine."""
    path, until = f"{FLOW}/runs?property=flowId=={flow}", time.monotonic() + 120
    while platform.ok("GET", f"{path}&property=metrics.statusSummary.status==inProgress&count=true")["count"]:
        assert time.monotonic() < until
    return list(platform.ok("GET", f"{path}&limit=1000")["items"])


def counts(run: Json) -> tuple[int, int, int]:
    summary = run["metrics"]["recordSummary"]
    return summary["inputRecordCount"], summary["outputRecordCount"], summary.get("failedRecordCount", 0)


def contacts(until: float, after: float | None = None) -> list[Json]:
    """The rows of the CRM, without any code of dataflows."""
    return [row for chunk in CONTACTS.rows(until, after) for row in chunk]


def flow_with(
    platform: Platform,
    pipeline: Pipeline,
    *,
    mappings: list[Json] | None = None,
    params: Json | None = None,
    fields: Json | None = None,
    required: list[str] | None = None,
    options: Json | None = None,
    **schedule: Any,
) -> tuple[str, str]:
    """Another flow of the pipeline, with some things different. Returns its id and that of its dataset."""
    schema, dataset, target, mapping = pipeline.schema, pipeline.dataset, pipeline.target, pipeline.mapping
    if fields is not None:
        group = p.field_group()
        tenant: Json = {"type": "object", "properties": fields, **({"required": required} if required else {})}
        group["definitions"]["crm"] = {"properties": {"_localtenant": tenant}}
        group_id = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group)["$id"]
        schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema(group_id))["$id"]
    if fields is not None or mappings is not None:
        dataset = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema)))
        target = platform.ok("POST", f"{FLOW}/targetConnections", p.target_connection(schema, dataset))["id"]
        body = p.mapping_set(schema)
        mapping = platform.ok("POST", f"{PREP}/mappingSets", {**body, "mappings": mappings or body["mappings"]})["id"]
    source = p.source_connection(pipeline.base)
    source["params"] = {"tableName": "Contact", **(params or {})}
    source_id = platform.ok("POST", f"{FLOW}/sourceConnections", source)["id"]
    flow = {**p.flow(source_id, target, mapping), **({"options": options} if options else {})}
    flow["scheduleParams"].update(schedule)
    if schedule.get("frequency") == "once":
        flow["transformations"] = flow["transformations"][1:]
        flow["scheduleParams"] = {name: flow["scheduleParams"][name] for name in ("startTime", "frequency")}
    return platform.ok("POST", f"{FLOW}/flows", flow)["id"], dataset


def attribute(source: str, destination: str) -> Json:
    return {"sourceType": "ATTRIBUTE", "source": source, "destination": destination}


def remap(platform: Platform, flow: str, *mappings: Json) -> Json:
    """Let a flow use a second version of its mapping set. Returns the flow as it was."""
    (stored,) = platform.ok("GET", f"{FLOW}/flows/{flow}")["items"]
    mapping = stored["transformations"][1]["params"]["mappingId"]
    version = platform.ok("GET", f"{PREP}/mappingSets/{mapping}")
    platform.ok("PUT", f"{PREP}/mappingSets/{mapping}", {"outputSchema": version["outputSchema"], "mappings": list(mappings)})
    change = [
        {
            "op": "replace",
            "path": "/transformations/1",
            "value": {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 1}},
        }
    ]
    platform.ok("PATCH", f"{FLOW}/flows/{flow}", change, **{"If-Match": stored["etag"]})
    return dict(stored)


def expression(source: str, destination: str) -> Json:
    return {"sourceType": "EXPRESSION", "source": source, "destination": destination}


def person(row: Json) -> Json:
    """A contact as the pipeline's mapping writes it; a null is not written."""
    name = {"person": {"name": {"firstName": row["FirstName"]}}} if row["FirstName"] else {}
    return {**name, **({"personalEmail": {"address": row["Email"].lower()}} if row["Email"] else {})}


# --- what is written ------------------------------------------------------------------------------------------------


def test_a_day_of_quarter_hours_writes_each_change_of_the_crm_once(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(platform, pipeline, mappings=p.mapping_set("")["mappings"], interval=15)
    platform.move_clock(3600 + DAY + 60)
    found = runs(platform, flow)[:96]
    assert len(found) == 96
    start = found[0]["createdAt"] // 1000
    dues = [start + number * QUARTER for number in range(96)]
    assert [each["createdAt"] // 1000 for each in found] == dues

    written: list[Json] = []
    for before, (due, run) in zip([None, *dues], zip(dues, found, strict=True), strict=False):
        expected = [person(each) for each in contacts(due, before)]
        assert counts(run) == (len(expected), len(expected), 0)
        ids = run["activities"][1]["targetInfo"][0]["reference"]["ids"]
        assert len(ids) == (1 if expected else 0)
        for batch_id in ids:
            rows = rows_of(platform, batch_id)
            assert rows == expected
            written += rows
            (batch,) = platform.ok("GET", f"{CATALOG}/batches/{batch_id}").values()
            assert (batch["recordCount"], batch["size"]) == (len(rows), run["metrics"]["sizeSummary"]["outputBytes"])
    assert len(written) > len(contacts(start))
    last = max(index for index, run in enumerate(found) if counts(run)[0]) + 1
    known = {each: batch for each, batch in batches_of(platform, dataset).items() if batch["created"] // 1000 <= dues[last - 1]}
    assert sum(batch["recordCount"] for batch in known.values()) == len(written)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"fnName": "=", "params": ["FirstName", None]}, lambda row, value: row["FirstName"] == value),
        ({"fnName": "like", "params": ["Email", "%1%"]}, lambda row, _: "1" in (row["Email"] or "")),
        ({"fnName": ">", "params": ["CreatedDate", "2023"]}, lambda row, _: row["CreatedDate"] > "2023"),
        ({"fnName": "in", "params": ["HasOptedOutOfEmail", True]}, lambda row, _: row["HasOptedOutOfEmail"] is True),
    ],
    ids=["equal", "like", "greater", "in"],
)
def test_a_filter_at_the_source_selects_rows(
    platform: Platform, pipeline: Pipeline, condition: Json, expected: Callable[[Json, object], bool]
) -> None:
    everything = contacts(1_795_000_000)
    name, value = condition["params"]
    value = next(row[name] for row in everything if row[name]) if value is None else value
    node = {
        "nodeType": "fnApply",
        "fnName": condition["fnName"],
        "params": [{"nodeType": "fieldLookup", "fieldName": name}, {"nodeType": "literal", "value": value}],
    }
    filters = {"type": "PQL", "format": "pql/json", "value": node}
    flow, _ = flow_with(platform, pipeline, params={"filters": filters})
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    wanted = [row for row in contacts(run["createdAt"] / 1000) if expected(row, value)]
    assert 0 < len(wanted) < len(everything) * 1.5
    assert counts(run) == (len(wanted), len(wanted), 0)


def test_a_filter_with_an_unknown_operator_fails_the_run(platform: Platform, pipeline: Pipeline) -> None:
    node = {"nodeType": "fnApply", "fnName": "sounds_like", "params": [{"nodeType": "literal", "value": 1}]}
    flow, _ = flow_with(platform, pipeline, params={"filters": {"type": "PQL", "format": "pql/json", "value": node}})
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    assert run["metrics"]["statusSummary"]["status"] == "failed"
    assert "sounds_like" in run["metrics"]["statusSummary"]["errors"][0]["message"]


def test_only_the_columns_of_the_source_connection_are_read(platform: Platform, pipeline: Pipeline) -> None:
    columns = [{"name": name, "type": "string"} for name in ("FirstName", "LastModifiedDate")]
    flow, dataset = flow_with(
        platform, pipeline, mappings=p.mapping_set("")["mappings"], params={"columns": columns}, frequency="once"
    )
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    rows = rows_in(platform, dataset)
    assert len(rows) == counts(run)[1] > 0
    assert {name for row in rows for name in row} <= {"person"}


def test_a_table_without_sample_rows_has_no_rows_and_no_batch(platform: Platform, pipeline: Pipeline) -> None:
    spec = {"id": "74a1c565-4e59-48d7-9d67-7c03b8a13137", "version": "1.0"}
    auth = {"specName": "Connection String Based Authentication", "params": {"connectionString": "Server=x"}}
    base = platform.ok("POST", f"{FLOW}/connections", {"name": p.unique("db"), "auth": auth, "connectionSpec": spec})["id"]
    source = {**p.source_connection(base, spec["id"]), "params": {"tableName": "public.people"}}
    source_id = platform.ok("POST", f"{FLOW}/sourceConnections", source)["id"]
    flow = platform.ok("POST", f"{FLOW}/flows", p.flow(source_id, pipeline.target, pipeline.mapping))["id"]
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    assert run["metrics"]["statusSummary"] == {"status": "success"}
    assert (counts(run), run["metrics"]["sizeSummary"]["inputBytes"]) == ((0, 0, 0), 0)
    assert run["activities"][1]["targetInfo"][0]["reference"]["ids"] == []


# --- rows that fail -------------------------------------------------------------------------------------------------

SCORED = {"score": {"type": "number"}, "tier": {"type": "string", "enum": ["gold", "silver"]}, "name": TEXT, "nick": TEXT}
# The id of a contact who has opted out, and no value for all others.
OPTED_OUT = "iif(HasOptedOutOfEmail, Id, nullify())"


@pytest.mark.parametrize(
    ("mapping", "code", "column", "reason"),
    [
        (attribute("LastName", "_localtenant.score"), "MAPPER-3700-400", "_localtenant.score", "type number"),
        (attribute("FirstName", "_localtenant.tier"), "DCVS-1107-400", "_localtenant.tier", "is not one of"),
        (expression(OPTED_OUT, "_localtenant.name"), "DCVS-1106-400", "_localtenant.name", "required key [name] not found"),
    ],
    ids=["text for a number", "not in an enumeration", "required field missing"],
)
def test_rows_that_break_the_schema_are_in_the_diagnostics_and_not_in_the_dataset(
    platform: Platform, pipeline: Pipeline, mapping: Json, code: str, column: str, reason: str
) -> None:
    flow, dataset = flow_with(
        platform,
        pipeline,
        mappings=[attribute("Id", "_id"), attribute("LastName", "_localtenant.nick"), mapping],
        fields=SCORED,
        required=["name"] if "name" in column else None,
        options={"errorDiagnosticsEnabled": True},
        frequency="once",
    )
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    read, written, failed = counts(run)
    rows, (batch_id,) = rows_in(platform, dataset), batches_of(platform, dataset)
    diagnosed = diagnostics_of(platform, batch_id)
    assert (read, len(rows), len(diagnosed)) == (written + failed, written, failed)
    assert failed > 0
    assert {row["_errors"][0]["code"] for row in diagnosed} == {code}
    assert {row["_errors"][0]["column"] for row in diagnosed} == {column}
    assert reason in diagnosed[0]["_errors"][0]["message"]
    assert {row["Id"] for row in diagnosed} | {row["_id"] for row in rows} == {
        row["Id"] for row in contacts(run["createdAt"] / 1000)
    }
    samples = platform.send(Request("GET", f"/foundation/export/batches/{batch_id}/meta?path=row_error_samples.json"))
    assert len(samples.text.splitlines()) == min(failed, 100)


def test_a_mapping_that_fails_leaves_its_field_empty_and_is_in_the_diagnostics(platform: Platform, pipeline: Pipeline) -> None:
    mappings = [attribute("Id", "_id"), expression("to_integer(LastName)", "_localtenant.score")]
    options = {"errorDiagnosticsEnabled": True}
    flow, dataset = flow_with(platform, pipeline, mappings=mappings, fields=SCORED, options=options, frequency="once")
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    (batch_id,) = batches_of(platform, dataset)
    assert counts(run)[2] == 0
    assert {name for row in rows_in(platform, dataset) for name in row} == {"_id"}
    assert len(diagnostics_of(platform, batch_id)) == counts(run)[1]


def test_without_error_diagnostics_a_batch_has_none(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(
        platform, pipeline, mappings=[attribute("LastName", "_localtenant.score")], fields=SCORED, frequency="once"
    )
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    ((batch_id, batch),) = batches_of(platform, dataset).items()
    assert (run["metrics"]["statusSummary"]["status"], batch["status"]) == ("failed", "failed")
    assert counts(run)[1] == batch["recordCount"] == 0
    assert "_localtenant.score" in batch["errors"][0]["description"]
    assert diagnostics_of(platform, batch_id) == []
    assert rows_of(platform, batch_id) == []


@pytest.mark.parametrize("share", [0.99, 1.01])
def test_a_batch_is_written_up_to_the_threshold_of_errors(platform: Platform, pipeline: Pipeline, share: float) -> None:
    everything = contacts(1_795_000_000)
    wrong = sum(not row["HasOptedOutOfEmail"] for row in everything)
    percent = 100 * wrong / len(everything) / share
    mappings = [attribute("Id", "_id"), attribute("LastName", "_localtenant.nick"), expression(OPTED_OUT, "_localtenant.name")]
    flow, dataset = flow_with(
        platform,
        pipeline,
        mappings=mappings,
        fields=SCORED,
        required=["name"],
        options={"partialIngestionPercent": percent},
        frequency="once",
    )
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    read, written, failed = counts(run)
    is_written = failed * 100 <= percent * read
    assert is_written == (share < 1)
    assert run["metrics"]["statusSummary"]["status"] == ("success" if is_written else "failed")
    assert len(rows_in(platform, dataset)) == written
    assert (failed == read) == (not is_written)


def test_a_retry_after_the_mapping_is_fixed_writes_the_rows_once(platform: Platform, pipeline: Pipeline) -> None:
    options = {"partialIngestionPercent": 5, "errorDiagnosticsEnabled": True}
    wrong = [attribute("Id", "_id"), attribute("LastName", "_localtenant.score")]
    flow, dataset = flow_with(platform, pipeline, mappings=wrong, fields=SCORED, options=options)
    platform.move_clock(3700)
    (failed,) = runs(platform, flow)
    assert failed["metrics"]["statusSummary"]["status"] == "failed"
    assert rows_in(platform, dataset) == []

    remap(platform, flow, attribute("Id", "_id"), attribute("LastName", "_localtenant.nick"))
    assert runs(platform, flow)[0] == failed, "a run that has ended does not change with the mapping"

    platform.ok("POST", f"{FLOW}/runs/{failed['id']}/action?op=re_trigger")
    platform.move_clock(2 * HALF_AN_HOUR)
    retried, *others = runs(platform, flow)
    due = failed["createdAt"] // 1000
    assert counts(retried) == (len(contacts(due)), len(contacts(due)), 0)
    rows = rows_in(platform, dataset)
    expected = [row["Id"] for row in contacts(due)]
    expected += [
        row["Id"] for each in others for row in contacts(each["createdAt"] // 1000, each["createdAt"] // 1000 - HALF_AN_HOUR)
    ]
    assert Counter(row["_id"] for row in rows) == Counter(expected)


# --- past runs keep what was valid ----------------------------------------------------------------------------------


def test_runs_that_nobody_has_looked_at_are_executed_as_they_were_configured(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(platform, pipeline, mappings=[attribute("FirstName", "person.name.firstName")])
    platform.move_clock(3600 + HALF_AN_HOUR + 60)
    stored = remap(platform, flow, attribute("LastName", "person.name.lastName"))
    platform.move_clock(DAY)
    by_time = sorted(batches_of(platform, dataset).values(), key=lambda each: int(each["created"]))
    names = [set(rows_of(platform, each["id"])[0]["person"]["name"]) for each in by_time]
    before = sum(each["created"] / 1000 <= int(stored["scheduleParams"]["startTime"]) + HALF_AN_HOUR for each in by_time)
    assert 0 < before < len(names)
    assert names[:before] == [{"firstName"}] * before
    assert names[before:] == [{"lastName"}] * (len(names) - before)


def test_a_deleted_flow_leaves_its_rows_and_a_deleted_dataset_does_not(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(platform, pipeline, mappings=[attribute("Id", "_id")])
    platform.move_clock(3600 + HALF_AN_HOUR + 60)
    due = int(platform.ok("GET", f"{FLOW}/flows/{flow}")["items"][0]["scheduleParams"]["startTime"])
    platform.ok("DELETE", f"{FLOW}/flows/{flow}")
    platform.move_clock(DAY)
    rows = rows_in(platform, dataset)
    assert len(rows) == len(contacts(due)) + len(contacts(due + HALF_AN_HOUR, due))
    batch_id = next(iter(batches_of(platform, dataset)))
    platform.ok("DELETE", f"{CATALOG}/dataSets/{dataset}")
    assert batches_of(platform, dataset) == {}
    assert platform.send(Request("GET", f"{CATALOG}/batches/{batch_id}")).status_code == 404
    assert platform.send(Request("GET", f"/foundation/export/files/{batch_id}-1")).status_code == 404


def test_a_run_into_a_deleted_dataset_fails(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(platform, pipeline, mappings=[attribute("Id", "_id")])
    platform.ok("DELETE", f"{CATALOG}/dataSets/{dataset}")
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    assert run["metrics"]["statusSummary"]["status"] == "failed"
    assert dataset in run["metrics"]["statusSummary"]["errors"][0]["message"]


def test_a_run_on_demand_reads_its_window(platform: Platform, pipeline: Pipeline) -> None:
    flow, dataset = flow_with(platform, pipeline, mappings=[attribute("Id", "_id")], frequency="once")
    made = platform.ok("POST", f"{FLOW}/runs", p.run(flow))["items"][0]["id"]
    platform.move_clock(120)
    (run,) = platform.ok("GET", f"{FLOW}/runs/{made}")["items"]
    due = run["createdAt"] // 1000
    expected = [row["Id"] for row in contacts(due) if "2020-09-13T12:26:40Z" < row["LastModifiedDate"] <= "2023-11-14T22:13:20Z"]
    assert counts(run) == (len(expected), len(expected), 0)
    assert [row["_id"] for row in rows_in(platform, dataset)] == expected
