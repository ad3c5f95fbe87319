"""Runs: when a flow runs, what each run read and wrote, and how it ended: the same for whoever asks, and whenever.

Nothing runs here. What a flow has done follows from its schedule, the time, and what it was told in between; a run's
rows are the source's, counted.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.store import FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Shelf
from aep_pulumi.emulator.flow_service import connections as flow_rules
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

# Kept with a flow, and never shown: when it was on and by which schedule, and what was asked of its runs.
RUNNING = "running"

SUCCESS, FAILED, IN_PROGRESS, SCHEDULED = "success", "failed", "inProgress", "scheduled"

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
BYTES_PER_ROW = 240
MS = 1000

# Crockford's letters, of which a batch id is made.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

EXPORT = "https://platform.adobe.io/data/foundation/export/batches"


# --- what a flow remembers ------------------------------------------------------------------------------------------


def begun(flow: Json) -> Json:
    """A new flow, on from now."""
    return {
        **flow,
        RUNNING: {"periods": [{"from": 0, "schedule": flow["scheduleParams"]}], "asked": [], "again": {}, "fails": {}},
    }


def rescheduled(flow: Json) -> Json:
    """A changed flow: from now on it runs as it says now, and what it has done stays done."""
    running, now = flow[RUNNING], clock.now()
    current = running["periods"][-1]
    if "until" not in current and flow["state"] == "enabled" and current["schedule"] == flow["scheduleParams"]:
        return flow
    periods = [period if "until" in period else {**period, "until": now} for period in running["periods"]]
    if flow["state"] == "enabled":
        periods.append({"from": now, "schedule": flow["scheduleParams"]})
    return {**flow, RUNNING: {**running, "periods": periods}}


def asked_for(flow: Json, due: int, window: Json, delta_column: str | None) -> tuple[Json, str]:
    """A flow with a run on demand, and the run's id."""
    running = flow[RUNNING]
    run_id = _id(flow, f"asked/{len(running['asked'])}")
    asked = [*running["asked"], {"id": run_id, "due": due, "window": window}]
    column = {"delta_column": delta_column} if delta_column else {}
    return {**flow, RUNNING: {**running, **column, "asked": asked}}, run_id


def retriggered(flow: Json, run_id: str) -> Json:
    """A flow one of whose runs starts again now."""
    running = flow[RUNNING]
    return {**flow, RUNNING: {**running, "again": {**running["again"], run_id: int(clock.now())}}}


def failing(flow: Json, number: int, failure: Json) -> Json:
    """A flow whose n-th run ends badly."""
    running = flow[RUNNING]
    return {**flow, RUNNING: {**running, "fails": {**running["fails"], str(number): failure}}}


def shown(flow: Json) -> Json:
    """A flow as it is read: with its last run, and with the delta column that a run on demand has brought it."""
    seen = {name: value for name, value in flow.items() if name != RUNNING}
    if column := flow[RUNNING].get("delta_column"):
        copied = {"name": "Copy", "params": {"deltaColumn": {"name": column}}}
        seen["transformations"] = [*seen["transformations"], copied]
    return seen


# --- when it runs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One time that a flow runs."""

    number: int
    """Its place among the flow's runs, the first being 1."""

    id: str
    due: int
    """Seconds since the epoch."""

    window: Json | None
    """What a run on demand was told to read."""

    is_first: bool
    """True for the first run of the schedule, which finds everything new."""


def slots(flow: Json) -> list[Slot]:
    """All times a flow has run, and those it was asked to run at, in their order."""
    now = int(clock.now())
    times: list[tuple[int, str, Json | None]] = []
    for period in flow[RUNNING]["periods"]:
        times += [(due, _id(flow, str(due)), None) for due in _due(period, now)]
    times += [(asked["due"], asked["id"], asked["window"]) for asked in flow[RUNNING]["asked"]]
    times.sort(key=lambda each: each[0])
    first = next((run_id for _, run_id, window in times if window is None), None)
    return [Slot(number, run_id, due, window, run_id == first) for number, (due, run_id, window) in enumerate(times, 1)]


def _due(period: Json, now: int) -> Sequence[int]:
    """The seconds at which a period's schedule comes round, up to now."""
    schedule = flow_rules.judged(period["schedule"])
    start = int(schedule["startTime"])
    if schedule["frequency"] == "once":
        step, end = 1, start
    else:
        step, end = SECONDS[schedule["frequency"]] * schedule["interval"], now
    # The first time at or after the period's beginning; the last one before its end.
    missed = max(0, -((start - period["from"]) // step))
    until = min(now, end, _before(period["until"]) if "until" in period else now)
    return range(start + int(missed) * step, until + 1, step)


def _before(moment: float) -> int:
    """The last whole second before a moment."""
    return int(moment) - (moment == int(moment))


def _id(flow: Json, what: str) -> str:
    return str(uuid.uuid5(uuid.UUID(flow["id"]), what))


# --- what a run did -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run, as far as it has come."""

    flow: Json
    slot: Slot
    source: Json
    target: Json
    read: int
    """The rows it reads."""

    failure: Json | None
    """How it ends badly: a code, a message, and the rows that are lost where not all are."""

    started_ms: int

    @property
    def completed_ms(self) -> int:
        """When it ends or has ended: the more rows, the later."""
        return self.started_ms + 30 * MS + self.read * 10

    @property
    def status(self) -> str:
        """One of the four that Adobe's samples show, in their spelling."""
        now = clock.now_ms()
        if now < self.started_ms:
            return SCHEDULED
        if now < self.completed_ms:
            return IN_PROGRESS
        return FAILED if self.failure and self.written == 0 else SUCCESS

    @property
    def lost(self) -> int:
        """The rows that do not arrive: all, where more are lost than the flow's threshold allows."""
        if not self.failure:
            return 0
        lost = min(self.failure.get("failed_rows", self.read), self.read)
        allowed = self.flow.get("options", {}).get("partialIngestionPercent")
        return self.read if allowed is not None and lost * 100 > allowed * self.read else lost

    @property
    def written(self) -> int:
        """The rows that arrive."""
        return self.read - self.lost

    @property
    def batch_id(self) -> str:
        """The batch that holds them."""
        number = int.from_bytes(hashlib.sha256(f"{self.slot.id}/{self.started_ms}".encode()).digest()[:16])
        return "01" + "".join(LETTERS[number >> (5 * place) & 31] for place in range(24))

    @property
    def dataset_id(self) -> str:
        """The dataset it writes to."""
        return str(self.target["params"]["dataSetId"])


def of_flow(shelf: Shelf, flow: Json) -> Iterator[Run]:
    """A flow's runs, oldest first."""
    for slot in slots(flow):
        yield at(shelf, flow, slot)


def of_sandbox(shelf: Shelf) -> Iterator[Run]:
    """The runs of all flows."""
    for flow in shelf.all(FLOWS):
        yield from of_flow(shelf, flow)


def last_details(shelf: Shelf, flow: Json) -> Json | None:
    """The `lastRunDetails` of a flow; None before its first run."""
    started = [slot for slot in slots(flow) if slot.due <= clock.now()]
    if not started:
        return None
    run = at(shelf, flow, started[-1])
    return {"id": run.slot.id, "state": run.status, **_duration(run)}


def at(shelf: Shelf, flow: Json, slot: Slot) -> Run:
    """What a flow does or did at one of its times."""
    source = shelf.find(SOURCE_CONNECTIONS, flow["sourceConnectionIds"][0]) or {}
    target = shelf.find(TARGET_CONNECTIONS, flow["targetConnectionIds"][0]) or {}
    again = flow[RUNNING]["again"].get(slot.id)
    # A run that starts again has nothing in its way the second time.
    failure = None if again else flow[RUNNING]["fails"].get(str(slot.number))
    return Run(flow, slot, source, target, _rows(flow, source, slot), failure, (again or slot.due) * MS)


def _rows(flow: Json, source: Json, slot: Slot) -> int:
    """All rows at first, or none of those from before where there is no backfill; then the few that have changed since."""
    if not slot.is_first:
        return 1 + hashlib.sha256(slot.id.encode()).digest()[0] % 5
    backfill = flow_rules.judged(flow["scheduleParams"]).get("backfill", True)
    return size(source) if backfill else 0


def size(source: Json) -> int:
    """The rows behind a source connection."""
    connector, params = CONNECTORS[source["connectionSpec"]["id"]], source["params"]
    if "tableName" in params:
        table = connector.table(params["tableName"])
        return table.size if table else 0
    return sum(file.rows.size for file in connector.under(params["path"], recursive=params.get("recursive", False)))


# --- how it is read -------------------------------------------------------------------------------------------------


def item(shelf: Shelf, run: Run) -> Json:
    """A run as Flow Service shows it."""
    created, updated = run.slot.due * MS, min(clock.now_ms(), run.completed_ms)
    return {
        "id": run.slot.id,
        "createdAt": created,
        "updatedAt": max(created, updated),
        "createdBy": ims.USER,
        "updatedBy": ims.USER,
        "createdClient": ims.CLIENT_ID,
        "updatedClient": ims.CLIENT_ID,
        "sandboxId": sandboxes.of(shelf)["id"],
        "sandboxName": shelf.sandbox,
        "imsOrgId": ims.ORGANISATION,
        "flowId": run.flow["id"],
        "flowSpec": run.flow["flowSpec"],
        "providerRefId": run.flow["flowSpec"]["id"],
        "etag": etag(run),
        "metrics": _metrics(run),
        "activities": _activities(run),
    }


def etag(run: Run) -> str:
    """The version of a run: it moves with its status."""
    digest = hashlib.sha256(f"{run.slot.id}/{run.started_ms}/{run.status}".encode()).hexdigest()
    return f'"{digest[:8]}-0000-0200-0000-{digest[8:20]}"'


def _metrics(run: Run) -> Json:
    if run.status in {SCHEDULED, IN_PROGRESS}:
        return {"durationSummary": _duration(run), "statusSummary": {"status": run.status}}
    status: Json = {"status": run.status}
    if run.failure:
        words = {"code": run.failure["code"], "message": run.failure["message"]}
        # Adobe's sample: in part successful, a run says where, and its activity says what.
        promotion = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}
        status |= {"errors": [words if run.status == FAILED else promotion], "activityRefs": ["promotionActivity"]}
    return {
        "durationSummary": _duration(run),
        "sizeSummary": {"inputBytes": run.read * BYTES_PER_ROW, "outputBytes": run.written * BYTES_PER_ROW},
        "recordSummary": _records(run),
        "fileSummary": {"inputFileCount": 1, "outputFileCount": int(run.written > 0), "activityRefs": ["promotionActivity"]},
        "statusSummary": status,
    }


def _duration(run: Run) -> Json:
    if run.status == SCHEDULED:
        return {}
    if run.status == IN_PROGRESS:
        return {"startedAtUTC": run.started_ms}
    return {"startedAtUTC": run.started_ms, "completedAtUTC": run.completed_ms}


def _records(run: Run) -> Json:
    lost = {"failedRecordCount": run.lost} if run.lost else {}
    return {"inputRecordCount": run.read, "outputRecordCount": run.written, **lost}


def _activities(run: Run) -> list[Json]:
    if run.status == SCHEDULED:
        return []
    return [_copy(run)] if run.status == IN_PROGRESS else [_copy(run), _promotion(run)]


def _copy(run: Run) -> Json:
    """The first half: the rows leave the source."""
    ended = {"completedAtUTC": _half(run)} if run.status != IN_PROGRESS else {}
    frequency = flow_rules.judged(run.flow["scheduleParams"])["frequency"]
    window = {"extensions": run.slot.window} if run.slot.window else {}
    bytes_read = run.read * BYTES_PER_ROW
    return {
        "id": "copyActivity",
        "name": "Copy Activity",
        "updatedAtUTC": ended.get("completedAtUTC", run.started_ms),
        "durationSummary": {"startedAtUTC": run.started_ms, **ended, **window},
        "sizeSummary": {"inputBytes": bytes_read, "outputBytes": bytes_read},
        "recordSummary": {},
        "fileSummary": {"inputFileCount": 1, "outputFileCount": 1},
        "statusSummary": {
            "status": SUCCESS if ended else IN_PROGRESS,
            "extensions": {"type": "one-time" if frequency == "once" else "scheduled"},
        },
        "sourceInfo": [
            {
                "id": run.flow["sourceConnectionIds"][0],
                "type": "SourceConnection",
                "reference": {"type": "AdfRunId", "ids": [_id(run.flow, f"copy/{run.slot.id}")]},
            }
        ],
    }


def _promotion(run: Run) -> Json:
    """The second half: the rows come into the dataset, as a batch."""
    return {
        "id": "promotionActivity",
        "name": "Promotion Activity",
        "updatedAtUTC": run.completed_ms,
        "durationSummary": {"startedAtUTC": _half(run), "completedAtUTC": run.completed_ms},
        "sizeSummary": {"inputBytes": run.read * BYTES_PER_ROW, "outputBytes": run.written * BYTES_PER_ROW},
        "recordSummary": _records(run),
        "fileSummary": {
            "inputFileCount": 1,
            "outputFileCount": int(run.written > 0),
            "extensions": {"manifest": {"fileInfo": f"{EXPORT}/{run.batch_id}/meta?path=input_files"}},
        },
        "statusSummary": _promotion_status(run),
        "targetInfo": [
            {
                "id": run.flow["targetConnectionIds"][0],
                "type": "TargetConnection",
                "reference": {"type": "Batch", "ids": [run.batch_id]},
            }
        ],
    }


def _promotion_status(run: Run) -> Json:
    if not run.failure:
        return {"status": run.status}
    extensions: Json = {"errors": errors(run)}
    if run.flow.get("options", {}).get("errorDiagnosticsEnabled"):
        meta = f"{EXPORT}/{run.batch_id}/meta?path="
        extensions["manifest"] = {"failedRecords": f"{meta}row_errors", "sampleErrors": f"{meta}row_error_samples.json"}
    return {"status": run.status, "errors": _metrics(run)["statusSummary"]["errors"], "extensions": extensions}


def errors(run: Run) -> list[Json]:
    """What went wrong with a run's rows, as Adobe's sample of a partial success tells it."""
    if not run.failure or run.status in {SCHEDULED, IN_PROGRESS}:
        return []
    words = {"code": run.failure["code"], "recordCount": run.lost, "message": run.failure["message"]}
    if run.status == FAILED:
        return [words]
    told = f"Encountered {run.lost} errors in the data. Successfully ingested {run.written} rows."
    return [{"code": "INGEST-1212-400", "message": told}, words]


def _half(run: Run) -> int:
    return (run.started_ms + run.completed_ms) // 2
