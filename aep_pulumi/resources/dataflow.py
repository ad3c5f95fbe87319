"""Dataflow: reads a source on a schedule, maps its rows and writes them to a dataset."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import Field, ValidationInfo, field_validator

from aep_pulumi.client import flow_service, tell
from aep_pulumi.client.collection import Stored
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import NotFoundError, OccupiedError
from aep_pulumi.models.flow_service import Flow as Found
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, WRITE_ONLY, Inputs, Values, is_unknown
from aep_pulumi.resources._once import alone, was_deleted_here, was_made_here
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

Frequency: TypeAlias = Literal["once", "minute", "hour", "day", "week"]

_POLL_S = 1.0
_dataset_of_flow: dict[str, str] = {}
"""The dataflows that this process has made, each with the dataset that it writes to."""

SHORTEST_MINUTES = 15
"""Platform's limit for `minute`, from the flow spec CRMToAEP: hours, days and weeks start at 1."""


class Schedule(Inputs):
    """When a dataflow runs."""

    noun = "schedule"

    start_time: Annotated[int | None, WRITE_ONLY] = None
    """The first run, in epoch seconds. Missing or past at creation, it becomes a moment from now (`aep:startMarginS`); the
    output `starts_at` tells which. Once that has come, Platform takes no other."""
    frequency: Frequency
    """The unit of the interval; `once` takes no interval and no backfill, and a dataflow that has started cannot become it."""
    interval: int | None = Field(default=None, validate_default=True)
    """How many units between two runs: at least 15 for `minute`, at least 1 for the others."""
    backfill: bool | None = None
    """Whether the first run reads the rows from before the start time too. Platform's default is that it does. Cannot change
    once the dataflow has started."""

    @field_validator("interval")
    @classmethod
    def _interval_fits(cls, interval: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        frequency = info.data.get("frequency")
        if frequency is None or is_unknown(frequency) or is_unknown(interval):
            return interval
        if frequency == "once":
            if interval is not None:
                raise ValueError("is refused with frequency once: leave it out")
            return interval
        if interval is None:
            raise ValueError(f"is required with frequency {frequency}: say how many {frequency}s lie between two runs")
        least = SHORTEST_MINUTES if frequency == "minute" else 1
        if interval < least:
            raise ValueError(f"is {interval}, but Platform takes no less than {least} with frequency {frequency}")
        return interval

    @field_validator("backfill")
    @classmethod
    def _backfill_fits(cls, backfill: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        if info.data.get("frequency") == "once":
            raise ValueError("is refused with frequency once: leave it out")
        return backfill


class DeltaColumn(Inputs):
    """The column by which a run finds the rows that are new."""

    noun = "delta column"

    name: str
    """A column of the table that every change of a row moves forward, such as Salesforce's `LastModifiedDate`."""
    date_format: str | None = None
    """How it writes time: `yyyy-MM-dd HH:mm:ss`, or `yyyy-MM-ddTHH:mm:ssZ` for Microsoft Dynamics."""
    timezone: str | None = None
    """Its time zone: Platform reads tables in `UTC`."""


class DataflowInputs(Described):
    """What a program may say of a dataflow."""

    noun = "dataflow"

    flow_spec_id: Annotated[str, REPLACES] = flow_service.CRM_TO_AEP
    """The kind of flow, by the id of its flow spec: `CRMToAEP`, for every table source."""
    flow_spec_version: Annotated[str, REPLACES] = "1.0"
    """The flow spec's version."""
    source_connection_id: Annotated[str, REPLACES]
    """What is read: a source connection that no other dataflow uses."""
    target_connection_id: Annotated[str, REPLACES]
    """What is written: a target connection that no other dataflow uses."""
    mapping_set_id: str
    """How columns become fields."""
    mapping_set_version: int
    """Which version of the mapping set; wire its `version`, or a changed mapping does not reach the dataflow."""
    schedule: Schedule
    """When it runs."""
    enabled: bool = True
    """Whether it runs on its schedule."""
    error_diagnostics: Annotated[bool | None, REPLACES] = None
    """Whether Platform keeps details of the rows that a run refuses. Platform's default is that it does not."""
    partial_ingestion_percent: Annotated[float | None, REPLACES, Field(gt=0, le=100)] = None
    """The share of a run's rows that may be wrong before the run fails, in percent."""
    delta_column: Annotated[DeltaColumn | None, REPLACES, Field(validate_default=True)] = None
    """The column by which a run finds new rows: required for a CRM, but refused with frequency once."""

    @field_validator("delta_column")
    @classmethod
    def _delta_column_fits(cls, delta_column: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        schedule, spec = info.data.get("schedule"), info.data.get("flow_spec_id")
        frequency = getattr(schedule, "frequency", None)
        if frequency is None or is_unknown(frequency) or spec != flow_service.CRM_TO_AEP:
            return delta_column
        if frequency == "once" and delta_column is not None:
            raise ValueError("is refused with frequency once: leave it out")
        if frequency != "once" and delta_column is None:
            raise ValueError("is required for a CRM: name the column that every change of a row moves forward")
        return delta_column


class DataflowProvider(Provider[DataflowInputs, Found]):
    """Performs `/flowservice/flows`."""

    inputs = DataflowInputs
    model = Found
    collection = staticmethod(flow_service.Flows)
    outputs = ("starts_at",)
    remembers = ("steps",)
    set_after = frozenset({"enabled"})
    moves_rows = True
    delete_before_replace = True  # two dataflows at once would write every row twice

    def decided(self, wanted: DataflowInputs, state: Values) -> Values:
        """The start that is sent: Platform takes none that is past, and a program goes on saying the time it said a year ago."""
        asked, now, starts_at = wanted.schedule.start_time, self.platform.now(), state.get("starts_at")
        if starts_at is not None and (asked is None or same_start(asked, state)):
            return {}
        if asked is not None and asked > now:
            return {"starts_at": asked}
        if starts_at is not None and starts_at <= now:
            # It has started, long ago perhaps: Platform takes no other start any more, and a past one asks for none.
            return {}
        starts_at = int(now) + self._settings.start_margin_s
        if asked is not None:
            tell(f"{self.subject(wanted.plain())}: start_time {asked} is past: it starts at {starts_at} (epoch seconds)")
        return {"starts_at": starts_at}

    @contextmanager
    def creating(self, wanted: DataflowInputs) -> Iterator[Callable[[str], None]]:
        """Refuses a second dataflow into one dataset, which would write every row twice."""
        platform, target_id = self.platform, wanted.target_connection_id
        try:
            dataset_id = flow_service.dataset_of(platform, target_id)
        except NotFoundError:
            yield lambda _flow_id: None  # Platform rejects the dataflow
            return
        with alone(f"dataflows into {dataset_id}"):
            waited_s = 0.0
            while others := self._others_into(dataset_id, target_id):
                # One that was deleted may still be shown.
                if waited_s >= platform.settings.settle_s:
                    raise OccupiedError(
                        f"another one, {others[0]}, already writes to dataset {dataset_id}, and a dataset takes one dataflow: if "
                        "it was renamed or moved in the program, give the new one `aliases` with its old name; otherwise delete "
                        "it (also where `retain_on_delete` kept it), or give this one a dataset of its own"
                    )
                wait_s = min(_POLL_S, platform.settings.settle_s - waited_s)
                platform.pause(wait_s)
                waited_s += wait_s
            yield lambda flow_id: _dataset_of_flow.update({flow_id: dataset_id})

    def _others_into(self, dataset_id: str, target_id: str) -> list[str]:
        """The dataflows that write to a dataset, for a person."""
        found = flow_service.flows_into(self.platform, dataset_id, target_id, target_is_new=was_made_here(target_id))
        shown = {each.id: f'"{each.body.get("name")}" ({each.id})' for each in found}
        # One that this process has made may not be shown yet.
        made = {flow_id: flow_id for flow_id, into in _dataset_of_flow.items() if into == dataset_id}
        return [named for flow_id, named in (made | shown).items() if not was_deleted_here(flow_id)]

    def consequences(self, olds: Values, news: Values, replaces: list[str]) -> Iterator[str]:
        backfill = news["schedule"].get("backfill") if isinstance(news.get("schedule"), dict) else None
        if backfill is False:
            yield "its successor reads no row again, and none that changes before its own start (schedule.backfill is false)"
        else:
            yield "its successor reads all rows of the table again (schedule.backfill, true unless said)"

    def refusals(self, olds: Values, news: Values, changed: list[str]) -> Iterator[str]:
        starts_at = olds.get("starts_at")
        if starts_at is None or not any(path.startswith("schedule") for path in changed):
            return
        if self._settings.asks_platform:
            self.platform.ask_about_sandbox()  # whose clock counts: this machine's may be an hour off
        if starts_at > self.platform.now():
            return
        started = f"the dataflow started at {starts_at} (epoch seconds)"
        schedule = news["schedule"]
        asked = schedule.get("start_time")
        if "schedule.start_time" in changed and not is_unknown(asked) and asked is not None and asked > self.platform.now():
            yield f"schedule.start_time cannot become {asked}: {started}, and Platform takes no other start after that"
        if "schedule.frequency" in changed and schedule.get("frequency") == "once":
            yield f"schedule.frequency cannot become once: {started}, and Platform takes no single run after that"
        if "schedule.backfill" in changed:
            yield f"schedule.backfill cannot change: {started}, and its first run has read what it read"

    def to_wire(self, wanted: DataflowInputs, state: Values) -> Values:
        schedule: Values = {"startTime": int(state["starts_at"]), "frequency": wanted.schedule.frequency}
        if wanted.schedule.interval is not None:
            schedule["interval"] = wanted.schedule.interval
        if wanted.schedule.backfill is not None:
            schedule["backfill"] = wanted.schedule.backfill
        mapping = {"mappingId": wanted.mapping_set_id, "mappingVersion": wanted.mapping_set_version}
        transformations: list[Values] = [{"name": "Mapping", "params": mapping}]
        if wanted.delta_column is not None:
            transformations.insert(0, {"name": "Copy", "params": {"deltaColumn": _delta_to_wire(wanted.delta_column)}})
        # A change names a transformation by its place, and its place differs from flow to flow: where it was read to lie.
        places = {name: place for place, name in enumerate(state.get("steps") or ())}
        transformations.sort(key=lambda step: places.get(step["name"], len(places)))
        options: Values = {}
        if wanted.error_diagnostics is not None:
            options["errorDiagnosticsEnabled"] = wanted.error_diagnostics
        if wanted.partial_ingestion_percent is not None:
            options["partialIngestionPercent"] = wanted.partial_ingestion_percent
        return wanted.described(
            {
                "flowSpec": {"id": wanted.flow_spec_id, "version": wanted.flow_spec_version},
                "sourceConnectionIds": [wanted.source_connection_id],
                "targetConnectionIds": [wanted.target_connection_id],
                "transformations": transformations,
                "scheduleParams": schedule,
                "state": "enabled" if wanted.enabled else "disabled",
            }
            | ({"options": options} if options else {})
        )

    def from_wire(self, found: Found) -> Values:
        mapping, delta = found.params_of("Mapping"), found.params_of("Copy").get("deltaColumn")
        schedule = found.schedule_params
        return {
            "name": found.name,
            "description": found.description,
            "flow_spec_id": found.flow_spec.id,
            "flow_spec_version": found.flow_spec.version,
            "source_connection_id": next(iter(found.source_connection_ids), None),
            "target_connection_id": next(iter(found.target_connection_ids), None),
            "mapping_set_id": mapping.get("mappingId"),
            "mapping_set_version": int(str(mapping["mappingVersion"])) if mapping.get("mappingVersion") is not None else None,
            # In any other state Platform is at work on it, and does not say.
            "enabled": {"enabled": True, "disabled": False}.get(found.state or ""),
            "error_diagnostics": found.options.error_diagnostics_enabled,
            "partial_ingestion_percent": found.options.partial_ingestion_percent,
            "schedule": {
                "frequency": schedule.frequency,
                "interval": schedule.interval,
                "backfill": schedule.backfill,
            },
            "delta_column": _delta_from_wire(delta),
        }

    def told(self, stored: Stored) -> Values:
        start, steps = value_at(stored.body, "/scheduleParams/startTime"), stored.body.get("transformations")
        names = [str(step["name"]) for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        return ({} if start is None else {"starts_at": int(str(start))}) | ({"steps": names} if names else {})


def same_start(asked: int | None, state: Values) -> bool:
    """Whether the program still says the start time that it said when the flow's start was decided."""
    return (state.get("schedule") or {}).get("start_time") == asked


def _delta_to_wire(delta: DeltaColumn) -> Values:
    names = {"name": "name", "date_format": "dateFormat", "timezone": "timezone"}
    return {names[name]: value for name, value in delta.plain().items()}


def _delta_from_wire(delta: object) -> Values | None:
    if not isinstance(delta, dict):
        return None
    return {"name": delta.get("name"), "date_format": delta.get("dateFormat"), "timezone": delta.get("timezone")}


class ScheduleArgs(TypedDict):
    """When a dataflow runs."""

    frequency: Input[Frequency]
    interval: NotRequired[Input[int]]
    start_time: NotRequired[Input[int]]
    backfill: NotRequired[Input[bool]]


class DeltaColumnArgs(TypedDict):
    """The column by which a run finds the rows that are new."""

    name: Input[str]
    date_format: NotRequired[Input[str]]
    timezone: NotRequired[Input[str]]


class Dataflow(Resource, provider=DataflowProvider):
    """Reads a source on a schedule, maps its rows and writes them to a dataset.

    One that must be replaced goes before its successor comes: two at once would write every row twice. If the successor then
    cannot be made, none runs until the next `pulumi up`. Source: Adobe's guide "Create a dataflow to ingest data from a CRM
    into Experience Platform".
    """

    name: Output[str]
    description: Output[str | None]
    flow_spec_id: Output[str]
    flow_spec_version: Output[str]
    source_connection_id: Output[str]
    target_connection_id: Output[str]
    mapping_set_id: Output[str]
    mapping_set_version: Output[int]
    schedule: Output[Part]
    enabled: Output[bool]
    error_diagnostics: Output[bool | None]
    partial_ingestion_percent: Output[float | None]
    delta_column: Output[Part | None]
    starts_at: Output[int]
    """When its first run is, in epoch seconds: what Platform was told."""

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            source_connection_id: Input[str],
            target_connection_id: Input[str],
            mapping_set_id: Input[str],
            mapping_set_version: Input[int],
            schedule: Input[ScheduleArgs],
            delta_column: Input[DeltaColumnArgs] | None = None,
            enabled: Input[bool] | None = None,
            error_diagnostics: Input[bool] | None = None,
            partial_ingestion_percent: Input[float] | None = None,
            description: Input[str] | None = None,
            flow_spec_id: Input[str] | None = None,
            flow_spec_version: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
