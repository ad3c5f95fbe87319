"""Flow runs, as returned by Flow Service."""

import enum
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from aep_pulumi.models import Model


class RunOutcome(enum.Enum):
    """The outcome of a run, whatever its spelling: samples use `inProgress`, enumerations `IN_PROGRESS`, filters `Failed`."""

    SUCCEEDED = "succeeded"
    PARTIAL = "in part"
    """Some of its rows were not ingested."""
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"
    """It has not started."""
    OTHER = "other"
    """Platform returned an undocumented status."""

    @property
    def is_bad(self) -> bool:
        """Whether the run needs attention. An undocumented status does not count as success."""
        return self in {RunOutcome.FAILED, RunOutcome.PARTIAL, RunOutcome.OTHER}


_OUTCOMES = {
    "success": RunOutcome.SUCCEEDED,
    "completed": RunOutcome.SUCCEEDED,
    "partialsuccess": RunOutcome.PARTIAL,
    "partialfailure": RunOutcome.PARTIAL,
    "failed": RunOutcome.FAILED,
    "inprogress": RunOutcome.RUNNING,
    "queued": RunOutcome.WAITING,
    "scheduled": RunOutcome.WAITING,
}


class _RunModel(Model):
    """A part of a run. Null counts as not returned."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: object) -> object:
        return {name: value for name, value in body.items() if value is not None} if isinstance(body, Mapping) else body


def _milliseconds(value: object) -> object:
    """A time in milliseconds; None if it is not a number, or out of range."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        moment = float(value)
    except (ValueError, OverflowError):
        return None
    return moment if 0 < moment < _END_OF_TIME_MS else None


_END_OF_TIME_MS = 253_402_300_800_000
"""The start of the year 10000."""
Moment: TypeAlias = Annotated[float | None, BeforeValidator(_milliseconds)]


class RunError(_RunModel):
    """An error, with Platform's message."""

    code: str | None = None
    message: str | None = None


class Manifest(_RunModel):
    """Where Platform stores the rows that it rejected; absent if error diagnostics are disabled."""

    failed_records: str | None = None


class Extensions(_RunModel):
    """Further details of a status."""

    errors: list[RunError] = Field(default_factory=list)
    manifest: Manifest = Manifest()


class StatusSummary(_RunModel):
    """The status of a run or an activity."""

    status: str | None = None
    errors: list[RunError] = Field(default_factory=list)
    extensions: Extensions = Extensions()


class Window(_RunModel):
    """The time window of a triggered run, which reads the rows that changed within it, in milliseconds."""

    end: Moment = Field(default=None, validation_alias=AliasChoices("windowEnd", "windowEndTime"))


class DurationSummary(_RunModel):
    """The start and end times, in milliseconds."""

    started_at: Moment = Field(default=None, alias="startedAtUTC")
    completed_at: Moment = Field(default=None, alias="completedAtUTC")
    extensions: Window = Window()


class RecordSummary(_RunModel):
    """The row counts. Depending on the API page, written rows are one count or several."""

    input_record_count: int | None = None
    output_record_count: int | None = None
    created_record_count: int | None = None
    updated_record_count: int | None = None
    failed_record_count: int | None = None
    failed_info: list[RunError] = Field(default_factory=list)


class Metrics(_RunModel):
    """The metrics of a run."""

    duration_summary: DurationSummary = DurationSummary()
    record_summary: RecordSummary = RecordSummary()
    status_summary: StatusSummary = StatusSummary()


class Reference(_RunModel):
    """The objects that an activity created."""

    type: str | None = None
    ids: list[str] = Field(default_factory=list)


class TargetInfo(_RunModel):
    """The target that an activity wrote to."""

    reference: Reference = Reference()


class Activity(_RunModel):
    """One phase of a run: Copy reads the source, Promotion writes the dataset."""

    duration_summary: DurationSummary = DurationSummary()
    status_summary: StatusSummary = StatusSummary()
    target_info: list[TargetInfo] = Field(default_factory=list)


class Run(_RunModel):
    """`GET /runs/{id}`."""

    id: str
    flow_id: str | None = None
    created_at: Moment = None
    """In milliseconds."""
    metrics: Metrics = Metrics()
    activities: list[Activity] = Field(default_factory=list)

    @property
    def outcome(self) -> RunOutcome:
        """The outcome. A success with failed rows is partial."""
        outcome = _OUTCOMES.get(self.status.replace("_", "").replace("-", "").lower(), RunOutcome.OTHER)
        return RunOutcome.PARTIAL if outcome is RunOutcome.SUCCEEDED and self.rows_failed else outcome

    @property
    def status(self) -> str:
        """The status as Platform returned it, or ""."""
        return self.metrics.status_summary.status or ""

    @property
    def created_s(self) -> float:
        """When it was created, in epoch seconds; 0 if Platform returned no valid time."""
        summary = self.metrics.duration_summary
        return next((moment / 1000 for moment in (self.created_at, summary.started_at, summary.completed_at) if moment), 0.0)

    @property
    def started_s(self) -> float | None:
        """When it started, in epoch seconds, or None."""
        started = self.metrics.duration_summary.started_at
        return None if started is None else started / 1000

    @property
    def ended_s(self) -> float | None:
        """When it ended, in epoch seconds, or None."""
        completed = self.metrics.duration_summary.completed_at
        return None if completed is None else completed / 1000

    @property
    def read_until_s(self) -> float:
        """The time up to which it read changed rows, in epoch seconds: its window may end before the run does."""
        ends = (each.duration_summary.extensions.end for each in self.activities)
        known = [self.created_s * 1000, *ends]
        return min((moment / 1000 for moment in known if moment), default=0.0)

    @property
    def rows_in(self) -> int | None:
        """The number of rows that it read, if returned."""
        return self.metrics.record_summary.input_record_count

    @property
    def rows_out(self) -> int | None:
        """The number of rows that it wrote, if returned."""
        rows = self.metrics.record_summary
        if rows.output_record_count is not None:
            return rows.output_record_count
        parts = [count for count in (rows.created_record_count, rows.updated_record_count) if count is not None]
        return sum(parts) if parts else None

    @property
    def rows_failed(self) -> int | None:
        """The number of rows that were not ingested; 0 if Platform returned row counts, but none of failed rows."""
        rows = self.metrics.record_summary
        return 0 if rows.failed_record_count is None and self.rows_out is not None else rows.failed_record_count

    @property
    def batch_ids(self) -> list[str]:
        """The ids of the batches that contain its rows."""
        targets = (target for activity in self.activities for target in activity.target_info)
        return [each for target in targets if (target.reference.type or "").lower() == "batch" for each in target.reference.ids]

    @property
    def errors(self) -> list[RunError]:
        """The errors without duplicates: the run's own first, then the more detailed ones of its activities."""
        seen: dict[tuple[str | None, str | None], RunError] = {}
        for error in self._errors():
            seen.setdefault((error.code, error.message), error)
        return list(seen.values())

    @property
    def failed_records(self) -> str | None:
        """Where Platform stores the rows that it rejected, if error diagnostics are enabled."""
        paths = (each.extensions.manifest.failed_records for each in self._statuses())
        return next(filter(None, paths), None)

    def _statuses(self) -> Iterator[StatusSummary]:
        yield self.metrics.status_summary
        yield from (activity.status_summary for activity in self.activities)

    def _errors(self) -> Iterator[RunError]:
        for summary in self._statuses():
            yield from summary.errors
            yield from summary.extensions.errors
        yield from self.metrics.record_summary.failed_info
