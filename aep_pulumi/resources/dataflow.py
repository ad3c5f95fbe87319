"""Dataflow: reads a source on a schedule, maps its rows and writes them to a dataset."""

from collections.abc import Callable, Iterator, Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from pulumi import Output
from pydantic import Field, ValidationInfo, field_validator

from aep_pulumi.client import data_prep, flow_service, tell
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import AepError, GuardError, NotFoundError, OccupiedError
from aep_pulumi.kinds import FREQUENCIES, ONCE
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._change_once import changed_once
from aep_pulumi.resources._constraints import EpochSeconds, shown
from aep_pulumi.resources._create_request import SecondStep
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, SET_AFTER, TIME, WRITE_ONLY, Inputs, Problem, Values, is_unknown
from aep_pulumi.resources._flow_checks import flow_problems
from aep_pulumi.resources._once import record_deletion, serialized, was_created_here, was_deleted_here
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import DataflowSignature
from aep_pulumi.resources._wire import Wire

Frequency: TypeAlias = Literal["once", "minute", "hour", "day", "week"]

_STATE = Wire(
    "/state",
    write=lambda enabled: "enabled" if enabled else "disabled",
    read={"enabled": True, "disabled": False}.get,  # in any other state Platform is at work on it, and does not say
)
_POLL_S = 1.0
_LONGEST_S = 36_525 * 86_400
"""The longest interval: a century."""
_dataset_of_flow: dict[str, str] = {}
"""The dataflows that this process has made, each with the dataset that it writes to."""


class Schedule(Inputs):
    """When a dataflow runs."""

    noun = "schedule"

    start_time: Annotated[EpochSeconds | None, WRITE_ONLY, TIME] = None
    """The first run, in epoch seconds or as a `datetime` with a time zone. Missing or past at creation, it becomes a moment from
    now (`aep:startMarginS`); the output `starts_at` tells which. Once that has come, Platform takes no other."""
    frequency: Annotated[Frequency, Wire("/frequency")]
    """The unit of the interval; `once` takes no interval and no backfill, and a dataflow that has started cannot become it."""
    interval: Annotated[int | None, Field(validate_default=True), Wire("/interval")] = None
    """How many units between two runs: at least 15 for `minute`, at least 1 for the others."""
    backfill: Annotated[bool | None, Wire("/backfill")] = None
    """Whether the first run reads the rows from before the start time too. Platform's default is that it does. Cannot change
    once the dataflow has started."""

    @field_validator("interval")
    @classmethod
    def _interval_fits(cls, interval: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        frequency = info.data.get("frequency")
        if frequency is None or is_unknown(frequency) or is_unknown(interval):
            return interval
        if frequency == ONCE:
            if interval is not None:
                raise ValueError("is refused with frequency once: leave it out")
            return interval
        if interval is None:
            raise ValueError(f"is required with frequency {frequency}: say how many {frequency}s lie between two runs")
        least = FREQUENCIES[frequency].least_interval
        if interval < least:
            raise ValueError(f"is {interval}, but Platform takes no less than {least} with frequency {frequency}")
        most = _LONGEST_S // FREQUENCIES[frequency].seconds
        if interval > most:
            raise ValueError(
                f"is {shown(interval)}, but must be at most {most} with frequency {frequency}: more lets a century pass between "
                "two runs"
            )
        return interval

    @field_validator("backfill")
    @classmethod
    def _backfill_fits(cls, backfill: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        if info.data.get("frequency") == ONCE:
            raise ValueError("is refused with frequency once: leave it out")
        return backfill


class DeltaColumn(Inputs):
    """The column by which a run finds the rows that are new."""

    noun = "delta column"

    name: Annotated[str, Wire("/name")]
    """A column of the table that every change of a row moves forward, such as Salesforce's `LastModifiedDate`."""
    date_format: Annotated[str | None, Wire("/dateFormat")] = None
    """How it writes time: `yyyy-MM-dd HH:mm:ss`, or `yyyy-MM-ddTHH:mm:ssZ` for Microsoft Dynamics."""
    timezone: Annotated[str | None, Wire("/timezone")] = None
    """Its time zone: Platform reads tables in `UTC`."""


class DataflowInputs(Described):
    """What a program may say of a dataflow."""

    flow_spec_id: Annotated[str, REPLACES, Wire("/flowSpec/id")] = flow_service.CRM_TO_AEP
    """The kind of flow, by the id of its flow spec: `CRMToAEP`, for every table source."""
    flow_spec_version: Annotated[str, REPLACES, Wire("/flowSpec/version")] = "1.0"
    """The flow spec's version."""
    source_connection_id: Annotated[str, REPLACES, Wire("/sourceConnectionIds/0")]
    """What is read: a source connection that no other dataflow uses."""
    target_connection_id: Annotated[str, REPLACES, Wire("/targetConnectionIds/0")]
    """What is written: a target connection that no other dataflow uses."""
    mapping_set_id: str
    """How columns become fields. The resource brings its `version` too, so that a changed mapping reaches the dataflow."""
    mapping_set_version: Annotated[int, Field(ge=0)]
    """Which version of the mapping set. Set beside an id, and wired to its `version`; or to stay with an older one."""
    schedule: Annotated[Schedule, Wire("/scheduleParams")]
    """When it runs."""
    enabled: Annotated[bool, SET_AFTER, _STATE] = True
    """Whether it runs on its schedule."""
    error_diagnostics: Annotated[bool | None, REPLACES, Wire("/options/errorDiagnosticsEnabled")] = None
    """Whether Platform keeps details of the rows that a run refuses. Platform's default is that it does not."""
    partial_ingestion_percent: Annotated[
        float | None, REPLACES, Field(gt=0, le=100), Wire("/options/partialIngestionPercent")
    ] = None
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
        if frequency == ONCE and delta_column is not None:
            raise ValueError("is refused with frequency once: leave it out")
        if frequency != ONCE and delta_column is None:
            raise ValueError("is required for a CRM: name the column that every change of a row moves forward")
        return delta_column


class DataflowProvider(Provider[DataflowInputs, wire.Flow]):
    """Performs dataflows."""

    inputs = DataflowInputs
    model = wire.Flow
    collection = staticmethod(flow_service.Flows)
    outputs = ("starts_at",)
    private_state = ("steps",)
    delete_before_replace = True  # two dataflows at once would write every row twice

    def problems(self, wanted: DataflowInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        delta = None if wanted.delta_column is None or is_unknown(wanted.delta_column) else wanted.delta_column.name
        yield from flow_problems(
            self.platform,
            spec=(wanted.flow_spec_id, wanted.flow_spec_version),
            source_id=wanted.source_connection_id,
            target_id=wanted.target_connection_id,
            mapping_set=(wanted.mapping_set_id, wanted.mapping_set_version),
            delta_column=delta,
        )

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
        with serialized(f"dataflows into {dataset_id}"):
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
        found = flow_service.flows_into(self.platform, dataset_id, target_id, target_is_new=was_created_here(target_id))
        shown = {each.id: f'"{each.body.get("name")}" ({each.id})' for each in found}
        # One that this process has made may not be shown yet.
        made = {flow_id: flow_id for flow_id, into in _dataset_of_flow.items() if into == dataset_id}
        return [named for flow_id, named in (made | shown).items() if not was_deleted_here(flow_id)]

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
        if not replaces:
            if reasons := list(self._rejections(olds, news, changed)):
                raise GuardError("; ".join(reasons))
            return
        backfill = news["schedule"].get("backfill") if isinstance(news.get("schedule"), dict) else None
        if backfill is False:
            yield "its successor reads no row again, and none that changes before its own start (schedule.backfill is false)"
        else:
            yield "its successor reads all rows of the table again (schedule.backfill, true unless said)"

    def _rejections(self, olds: Values, news: Values, changed: list[str]) -> Iterator[str]:
        """Why Platform would reject the change: once the dataflow has started, its start stands."""
        starts_at = olds.get("starts_at")
        if starts_at is None or not any(path.startswith("schedule") for path in changed):
            return
        if self._settings.checks_on_platform:
            self.platform.load_sandbox()  # whose clock counts: this machine's may be an hour off
        if starts_at > self.platform.now():
            return
        started = f"the dataflow started at {starts_at} (epoch seconds)"
        schedule = news["schedule"]
        asked = schedule.get("start_time")
        if "schedule.start_time" in changed and not is_unknown(asked) and asked is not None and asked > self.platform.now():
            yield f"schedule.start_time cannot become {asked}: {started}, and Platform takes no other start after that"
        if "schedule.frequency" in changed and schedule.get("frequency") == ONCE:
            yield f"schedule.frequency cannot become once: {started}, and Platform takes no single run after that"
        if "schedule.backfill" in changed:
            yield f"schedule.backfill cannot change: {started}, and its first run has read what it read"

    def second_step(self, desired: DataflowInputs, decided: Values, body: Values) -> SecondStep:
        """A dataflow is created enabled, whatever is sent: an action disables it."""
        collection = self._collection

        def is_enabled(remote: RemoteObject) -> object:
            return self.from_wire(self.model.read(remote.body)).get("enabled")

        def finish(stored: RemoteObject) -> RemoteObject:
            # What Platform does not report yet is as a create leaves it.
            made = self.to_wire(desired.model_copy(update={"enabled": is_enabled(stored) is not False}), decided)
            if made == body:
                return stored

            def send(remote: RemoteObject | None) -> RemoteObject:
                return collection.update(stored.id, made, body, (remote or stored).etag)

            def read() -> RemoteObject:
                try:
                    return collection.get(stored.id, {})
                except NotFoundError:
                    return stored  # a read may lag behind the POST

            done = changed_once(self.platform, send, read, lambda remote: is_enabled(remote) == desired.enabled)
            return replace(done, body=stored.body)

        def roll_back(stored: RemoteObject) -> bool:
            try:
                collection.delete(stored.id)
            except NotFoundError:
                pass
            except AepError:
                return False
            record_deletion(stored.id)
            return True

        return SecondStep(finish, roll_back)

    def to_wire(self, desired: DataflowInputs, state: Values) -> Values:
        body = super().to_wire(desired, state)
        body["scheduleParams"]["startTime"] = int(state["starts_at"])
        mapping = {"mappingId": desired.mapping_set_id, "mappingVersion": desired.mapping_set_version}
        transformations: list[Values] = [{"name": "Mapping", "params": mapping}]
        if desired.delta_column is not None:
            transformations.insert(0, {"name": "Copy", "params": {"deltaColumn": desired.delta_column.to_wire()}})
        # A change names a transformation by its place, and its place differs from flow to flow: where it was read to lie.
        places = {name: place for place, name in enumerate(state.get("steps") or ())}
        transformations.sort(key=lambda step: places.get(step["name"], len(places)))
        return body | {"transformations": transformations}

    def from_wire(self, remote: wire.Flow) -> Values:
        mapping, delta = remote.params_of("Mapping"), remote.params_of("Copy").get("deltaColumn")
        version = mapping.get("mappingVersion")
        return super().from_wire(remote) | {
            "mapping_set_id": mapping.get("mappingId"),
            "mapping_set_version": None if version is None else data_prep.version_in({"version": version}),
            "delta_column": DeltaColumn.from_wire(delta) if isinstance(delta, dict) else None,
        }

    def returned_outputs(self, stored: RemoteObject) -> Values:
        start, steps = value_at(stored.body, "/scheduleParams/startTime"), stored.body.get("transformations")
        names = (
            [str(step["name"]) for step in steps if isinstance(step, dict) and "name" in step] if isinstance(steps, list) else []
        )
        starts_at = wire.Schedule.read({"startTime": start}).start_time
        return ({} if starts_at is None else {"starts_at": starts_at}) | ({"steps": names} if names else {})


def same_start(asked: int | None, state: Values) -> bool:
    """Whether the program still says the start time that it said when the flow's start was decided."""
    return (state.get("schedule") or {}).get("start_time") == asked


class Dataflow(DataflowSignature, provider=DataflowProvider):
    """Reads a source on a schedule, maps its rows and writes them to a dataset.

    One that must be replaced goes before its successor comes: two at once would write every row twice. If the successor then
    cannot be made, none runs until the next `pulumi up`. Source: Adobe's guide "Create a dataflow to ingest data from a CRM
    into Experience Platform".
    """

    starts_at: Output[int]
    """When its first run is, in epoch seconds: what Platform was told."""
