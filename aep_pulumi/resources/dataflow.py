"""Dataflow: reads rows from a source on a schedule, maps them and writes them to a dataset."""

from collections.abc import Callable, Iterator, Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from pulumi import Output
from pydantic import Field, ValidationInfo, field_validator

from aep_pulumi.client import data_prep, flow_service, warn
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import AepError, GuardError, NotFoundError, OccupiedError
from aep_pulumi.kinds import FREQUENCIES, ONCE
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._change_once import changed_once
from aep_pulumi.resources._constraints import EpochSeconds, shown
from aep_pulumi.resources._create_request import SecondStep
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import Inputs, Problem, Values, is_unknown
from aep_pulumi.resources._flow_checks import flow_problems
from aep_pulumi.resources._marks import REPLACES, SET_AFTER, TIME, WRITE_ONLY, Defaults
from aep_pulumi.resources._once import record_deletion, serialized, was_created_here, was_deleted_here
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import DataflowSignature
from aep_pulumi.resources._wire import Wire

Frequency: TypeAlias = Literal["once", "minute", "hour", "day", "week"]

_STATE = Wire(
    "/state",
    write=lambda enabled: "enabled" if enabled else "disabled",
    read={"enabled": True, "disabled": False}.get,  # in any other state Platform is changing it, so this is unknown
)
_AT_REST = ("enabled", "disabled")
_POLL_S = 1.0
_LONGEST_S = 36_525 * 86_400
"""The maximum interval: a century."""
_dataset_of_flow: dict[str, str] = {}
"""The dataflows that this process created, each with the dataset that it writes to."""


class Schedule(Inputs):
    """When a dataflow runs."""

    noun = "schedule"

    start_time: Annotated[EpochSeconds | None, WRITE_ONLY, TIME] = None
    """The time of the first run, in epoch seconds or as a `datetime` with a time zone. If not set or in the past at creation, it
    defaults to `aep:startMarginS` seconds from now; the output `starts_at` is the actual time. Immutable after the start."""
    frequency: Annotated[Frequency, Wire("/frequency")]
    """The unit of the interval. `once` allows neither interval nor backfill, and cannot be set after the start."""
    interval: Annotated[int | None, Field(validate_default=True), Wire("/interval")] = None
    """The number of units between two runs: at least 15 for `minute`, at least 1 for the others."""
    backfill: Annotated[bool | None, Defaults((True,)), Wire("/backfill")] = None
    """Whether the first run also reads the rows from before the start time. Platform's default is true. Immutable after the
    start."""

    @field_validator("interval")
    @classmethod
    def _interval_fits(cls, interval: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        frequency = info.data.get("frequency")
        if frequency is None or is_unknown(frequency) or is_unknown(interval):
            return interval
        if frequency == ONCE:
            if interval is not None:
                raise ValueError("must not be set with frequency once")
            return interval
        if interval is None:
            raise ValueError(f"is required with frequency {frequency}: set it to the number of {frequency}s between two runs")
        least = FREQUENCIES[frequency].least_interval
        if interval < least:
            raise ValueError(f"is {interval}, but must be at least {least} with frequency {frequency}")
        most = _LONGEST_S // FREQUENCIES[frequency].seconds
        if interval > most:
            raise ValueError(f"is {shown(interval)}, but must be at most {most} with frequency {frequency} (a century)")
        return interval

    @field_validator("backfill")
    @classmethod
    def _backfill_fits(cls, backfill: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        if info.data.get("frequency") == ONCE:
            raise ValueError("must not be set with frequency once")
        return backfill


class DeltaColumn(Inputs):
    """The column by which a run detects new and changed rows."""

    noun = "delta column"

    name: Annotated[str, Wire("/name")]
    """A column of the table that increases with every change of a row, such as Salesforce's `LastModifiedDate`."""
    date_format: Annotated[str | None, Wire("/dateFormat")] = None
    """Its date format: `yyyy-MM-dd HH:mm:ss`, or `yyyy-MM-ddTHH:mm:ssZ` for Microsoft Dynamics."""
    timezone: Annotated[str | None, Wire("/timezone")] = None
    """Its time zone: Platform reads tables in `UTC`."""


class DataflowInputs(Described):
    """The inputs of a dataflow."""

    flow_spec_id: Annotated[str, REPLACES, Wire("/flowSpec/id")] = flow_service.CRM_TO_AEP
    """The flow spec, by its id. Defaults to `CRMToAEP`, for all table sources."""
    flow_spec_version: Annotated[str, REPLACES, Wire("/flowSpec/version")] = "1.0"
    """The version of the flow spec."""
    source_connection_id: Annotated[str, REPLACES, Wire("/sourceConnectionIds/0")]
    """The source connection to read from. It must not be used by another dataflow."""
    target_connection_id: Annotated[str, REPLACES, Wire("/targetConnectionIds/0")]
    """The target connection to write to. It must not be used by another dataflow."""
    mapping_set_id: str
    """The mapping set. Given as a resource, it also sets `mapping_set_version`, so that changed mappings are applied."""
    mapping_set_version: Annotated[int, Field(ge=0)]
    """The version of the mapping set. Required if the mapping set is given by id; may be set to pin an older version."""
    schedule: Annotated[Schedule, Wire("/scheduleParams")]
    """The schedule of its runs."""
    enabled: Annotated[bool, SET_AFTER, _STATE] = True
    """Whether it runs on its schedule."""
    error_diagnostics: Annotated[bool | None, REPLACES, Defaults((False,)), Wire("/options/errorDiagnosticsEnabled")] = None
    """Whether Platform stores details of the rows that a run rejects. Platform's default is false."""
    partial_ingestion_percent: Annotated[
        float | None, REPLACES, Field(gt=0, le=100), Wire("/options/partialIngestionPercent")
    ] = None
    """The percentage of invalid rows up to which a run succeeds."""
    delta_column: Annotated[DeltaColumn | None, REPLACES, Field(validate_default=True)] = None
    """The column by which a run detects new and changed rows. Required for a CRM, except with frequency once."""

    @field_validator("delta_column")
    @classmethod
    def _delta_column_fits(cls, delta_column: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - it may be unknown
        schedule, spec = info.data.get("schedule"), info.data.get("flow_spec_id")
        frequency = getattr(schedule, "frequency", None)
        if frequency is None or is_unknown(frequency) or spec != flow_service.CRM_TO_AEP:
            return delta_column
        if frequency == ONCE and delta_column is not None:
            raise ValueError("must not be set with frequency once")
        if frequency != ONCE and delta_column is None:
            raise ValueError("is required for a CRM: set it to the column that increases with every change of a row")
        return delta_column


class DataflowProvider(Provider[DataflowInputs, wire.Flow]):
    """The provider of dataflows."""

    inputs = DataflowInputs
    model = wire.Flow
    collection = staticmethod(flow_service.Flows)
    outputs = ("starts_at",)
    private_state = ("steps",)
    reproduced = ("/scheduleParams", "/transformations", "/options")
    delete_before_replace = True  # two dataflows at once would write every row twice

    def problems(self, desired: DataflowInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        delta = None if desired.delta_column is None or is_unknown(desired.delta_column) else desired.delta_column.name
        yield from flow_problems(
            self.platform,
            spec=(desired.flow_spec_id, desired.flow_spec_version),
            source_id=desired.source_connection_id,
            target_id=desired.target_connection_id,
            mapping_set=(desired.mapping_set_id, desired.mapping_set_version),
            delta_column=delta,
        )

    def unsupported(self, remote: wire.Flow) -> Iterator[Problem]:
        yield from super().unsupported(remote)
        if remote.state not in {*_AT_REST, "draft"}:
            yield Problem("state", f"is {remote.state}: Platform is still changing it")
        for what, ids in (("source", remote.source_connection_ids), ("target", remote.target_connection_ids)):
            if len(ids) != 1:
                yield Problem(f"{what}_connection_id", f"is one connection, but it has {len(ids)}")

    def decided(self, desired: DataflowInputs, state: Values) -> Values:
        """The start time to send. Platform rejects past ones, and a program may keep a `start_time` that has long passed."""
        requested, now, starts_at = desired.schedule.start_time, self.platform.now(), state.get("starts_at")
        if starts_at is not None and (requested is None or same_start(requested, state)):
            return {}
        if requested is not None and requested > now:
            return {"starts_at": requested}
        if starts_at is not None and starts_at <= now:
            # Already started: the start time is immutable, and a past `start_time` is a no-op.
            return {}
        starts_at = int(now) + self._settings.start_margin_s
        if requested is not None:
            warn(
                f"{self.subject(desired.plain())}: start_time {requested} is in the past: it starts at {starts_at} (epoch "
                "seconds)"
            )
        return {"starts_at": starts_at}

    @contextmanager
    def creating(self, desired: DataflowInputs) -> Iterator[Callable[[str], None]]:
        """Reject a second dataflow into the same dataset, which would write every row twice."""
        platform, target_id = self.platform, desired.target_connection_id
        try:
            dataset_id = flow_service.dataset_of(platform, target_id)
        except NotFoundError:
            yield lambda _flow_id: None  # Platform rejects the dataflow
            return
        with serialized(f"dataflows into {dataset_id}"):
            waited_s = 0.0
            while others := self._others_into(dataset_id, target_id):
                # A deleted dataflow may still be returned (eventual consistency).
                if waited_s >= platform.settings.settle_s:
                    raise OccupiedError(
                        f"another dataflow, {others[0]}, already writes to dataset {dataset_id}, and a dataset allows only one: "
                        "if it was renamed or moved in the program, give the new one `aliases` with its old name; otherwise "
                        "delete it (also if `retain_on_delete` kept it), or write to another dataset"
                    )
                wait_s = min(_POLL_S, platform.settings.settle_s - waited_s)
                platform.pause(wait_s)
                waited_s += wait_s
            yield lambda flow_id: _dataset_of_flow.update({flow_id: dataset_id})

    def _others_into(self, dataset_id: str, target_id: str) -> list[str]:
        """The names and ids of the dataflows that write to a dataset."""
        flows = flow_service.flows_into(self.platform, dataset_id, target_id, target_is_new=was_created_here(target_id))
        shown = {each.id: f'"{each.body.get("name")}" ({each.id})' for each in flows}
        # A dataflow that this process created may not be returned yet (eventual consistency).
        created = {flow_id: flow_id for flow_id, into in _dataset_of_flow.items() if into == dataset_id}
        return [named for flow_id, named in (created | shown).items() if not was_deleted_here(flow_id)]

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
        if not replaces:
            if reasons := list(self._rejections(olds, news, changed)):
                raise GuardError("; ".join(reasons))
            return
        backfill = news["schedule"].get("backfill") if isinstance(news.get("schedule"), dict) else None
        if backfill is False:
            yield "the new dataflow reads only rows that change after its start (schedule.backfill is false)"
        else:
            yield "the new dataflow reads all rows of the table again (schedule.backfill, which defaults to true)"

    def _rejections(self, olds: Values, news: Values, changed: list[str]) -> Iterator[str]:
        """Why Platform would reject the change: parts of the schedule are immutable after the start."""
        starts_at = olds.get("starts_at")
        if starts_at is None or not any(path.startswith("schedule") for path in changed):
            return
        if self._settings.checks_on_platform:
            self.platform.sandbox_type()  # to get Platform's time: this machine's clock may be wrong
        if starts_at > self.platform.now():
            return
        started = f"the dataflow started at {starts_at} (epoch seconds)"
        schedule = news["schedule"]
        requested = schedule.get("start_time")
        if (
            "schedule.start_time" in changed
            and not is_unknown(requested)
            and requested is not None
            and requested > self.platform.now()
        ):
            yield f"schedule.start_time cannot be changed to {requested}: {started}, after which it is immutable"
        if "schedule.frequency" in changed and schedule.get("frequency") == ONCE:
            yield f"schedule.frequency cannot be changed to once: {started}"
        if "schedule.backfill" in changed:
            yield f"schedule.backfill cannot be changed: {started}, and it only affects the first run"

    def second_step(self, desired: DataflowInputs, decided: Values, body: Values) -> SecondStep:
        """Disables a new dataflow: Platform creates it enabled, whatever state is sent."""
        collection = self._collection

        def is_enabled(remote: RemoteObject) -> object:
            return self.from_wire(self.model.read(remote.body)).get("enabled")

        def finish(response: RemoteObject) -> RemoteObject:
            # A state that Platform does not return yet is enabled, as after a create.
            current = self.to_wire(desired.model_copy(update={"enabled": is_enabled(response) is not False}), decided)
            if current == body:
                return response

            def send(remote: RemoteObject | None) -> RemoteObject:
                return collection.update(response.id, current, body, (remote or response).etag)

            def read() -> RemoteObject:
                try:
                    return collection.get(response.id, {})
                except NotFoundError:
                    return response  # not readable yet (eventual consistency)

            done = changed_once(self.platform, send, read, lambda remote: is_enabled(remote) == desired.enabled)
            return replace(done, body=response.body)

        def roll_back(response: RemoteObject) -> bool:
            try:
                collection.delete(response.id)
            except NotFoundError:
                pass
            except AepError:
                return False
            record_deletion(response.id)
            return True

        return SecondStep(finish, roll_back)

    def to_wire(self, desired: DataflowInputs, state: Values) -> Values:
        body = super().to_wire(desired, state)
        body["scheduleParams"]["startTime"] = int(state["starts_at"])
        mapping = {"mappingId": desired.mapping_set_id, "mappingVersion": desired.mapping_set_version}
        transformations: list[Values] = [{"name": "Mapping", "params": mapping}]
        if desired.delta_column is not None:
            transformations.insert(0, {"name": "Copy", "params": {"deltaColumn": desired.delta_column.to_wire()}})
        # JSON Patch addresses transformations by index: preserve the server's order.
        order = {name: index for index, name in enumerate(state.get("steps") or ())}
        transformations.sort(key=lambda step: order.get(step["name"], len(order)))
        return body | {"transformations": transformations}

    def from_wire(self, remote: wire.Flow) -> Values:
        mapping, delta = remote.params_of("Mapping"), remote.params_of("Copy").get("deltaColumn")
        version = mapping.get("mappingVersion")
        return super().from_wire(remote) | {
            "mapping_set_id": mapping.get("mappingId"),
            "mapping_set_version": None if version is None else data_prep.version_in({"version": version}),
            "delta_column": DeltaColumn.from_wire(delta) if isinstance(delta, dict) else None,
        }

    def returned_outputs(self, response: RemoteObject) -> Values:
        start, steps = value_at(response.body, "/scheduleParams/startTime"), response.body.get("transformations")
        names = (
            [str(step["name"]) for step in steps if isinstance(step, dict) and "name" in step] if isinstance(steps, list) else []
        )
        starts_at = wire.Schedule.read({"startTime": start}).start_time
        return ({} if starts_at is None else {"starts_at": starts_at}) | ({"steps": names} if names else {})


def same_start(requested: int | None, state: Values) -> bool:
    """Whether `start_time` is unchanged since the dataflow's start time was determined."""
    return (state.get("schedule") or {}).get("start_time") == requested


class Dataflow(DataflowSignature, provider=DataflowProvider):
    """Reads rows from a source on a schedule, maps them and writes them to a dataset.

    A replaced dataflow is deleted before the new one is created, because two at once would write every row twice. If the new one
    then cannot be created, none runs until the next `pulumi up`. Source: Adobe's guide "Create a dataflow to ingest data from a
    CRM into Experience Platform".
    """

    starts_at: Output[int]
    """The time of its first run, in epoch seconds, as sent to Platform."""
