"""Runs of a dataflow, as Flow Service answers them."""

import enum
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from aep_pulumi.models import Model


class RunOutcome(enum.Enum):
    """How a run ended, whatever Platform calls it: samples say `inProgress`, enumerations `IN_PROGRESS`, filters `Failed`."""

    SUCCEEDED = "succeeded"
    IN_PART = "in part"
    """Some of its rows did not arrive."""
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"
    """It has not begun."""
    OTHER = "other"
    """Platform uses a word that is not documented."""

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look at it. A word that nobody knows does not pass for a success."""
        return self in {RunOutcome.FAILED, RunOutcome.IN_PART, RunOutcome.OTHER}


_OUTCOMES = {
    "success": RunOutcome.SUCCEEDED,
    "completed": RunOutcome.SUCCEEDED,
    "partialsuccess": RunOutcome.IN_PART,
    "partialfailure": RunOutcome.IN_PART,
    "failed": RunOutcome.FAILED,
    "inprogress": RunOutcome.RUNNING,
    "queued": RunOutcome.WAITING,
    "scheduled": RunOutcome.WAITING,
}


class _Told(Model):
    """A part of a run: what is told as null is not told."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: object) -> object:
        return {name: value for name, value in body.items() if value is not None} if isinstance(body, Mapping) else body


def _readable(told: object) -> object:
    """A moment in milliseconds; one that is none, or that no calendar has, counts as not reported."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    try:
        moment = float(told)
    except (ValueError, OverflowError):
        return None
    return moment if 0 < moment < _END_OF_TIME_MS else None


_END_OF_TIME_MS = 253_402_300_800_000
"""The first moment of the year 10000."""
Moment: TypeAlias = Annotated[float | None, BeforeValidator(_readable)]


class RunError(_Told):
    """What went wrong, in Platform's words."""

    code: str | None = None
    message: str | None = None


class Manifest(_Told):
    """Where Platform keeps the rows that it refused; absent where the flow keeps no diagnostics."""

    failed_records: str | None = None


class Extensions(_Told):
    """What an activity says beside its status."""

    errors: list[RunError] = Field(default_factory=list)
    manifest: Manifest = Manifest()


class StatusSummary(_Told):
    """How it ended."""

    status: str | None = None
    errors: list[RunError] = Field(default_factory=list)
    extensions: Extensions = Extensions()


class Window(_Told):
    """Which rows a run on demand was told to read: those changed in between, in milliseconds."""

    end: Moment = Field(default=None, validation_alias=AliasChoices("windowEnd", "windowEndTime"))


class DurationSummary(_Told):
    """When, in milliseconds."""

    started_at: Moment = Field(default=None, alias="startedAtUTC")
    completed_at: Moment = Field(default=None, alias="completedAtUTC")
    extensions: Window = Window()


class RecordSummary(_Told):
    """How many rows. Pages count what came out under one name or under several."""

    input_record_count: int | None = None
    output_record_count: int | None = None
    created_record_count: int | None = None
    updated_record_count: int | None = None
    failed_record_count: int | None = None
    failed_info: list[RunError] = Field(default_factory=list)


class Metrics(_Told):
    """What a run has done."""

    duration_summary: DurationSummary = DurationSummary()
    record_summary: RecordSummary = RecordSummary()
    status_summary: StatusSummary = StatusSummary()


class Reference(_Told):
    """What an activity has made."""

    type: str | None = None
    ids: list[str] = Field(default_factory=list)


class TargetInfo(_Told):
    """Where an activity has written."""

    reference: Reference = Reference()


class Activity(_Told):
    """One half of a run: Copy reads the source, Promotion writes the dataset."""

    duration_summary: DurationSummary = DurationSummary()
    status_summary: StatusSummary = StatusSummary()
    target_info: list[TargetInfo] = Field(default_factory=list)


class Run(_Told):
    """`GET /runs/{id}`."""

    id: str
    flow_id: str | None = None
    created_at: Moment = None
    """In milliseconds."""
    metrics: Metrics = Metrics()
    activities: list[Activity] = Field(default_factory=list)

    @property
    def outcome(self) -> RunOutcome:
        """How it ended. A success that lost rows is one in part."""
        outcome = _OUTCOMES.get(self.status.replace("_", "").replace("-", "").lower(), RunOutcome.OTHER)
        return RunOutcome.IN_PART if outcome is RunOutcome.SUCCEEDED and self.rows_failed else outcome

    @property
    def status(self) -> str:
        """Platform's own word for it."""
        return self.metrics.status_summary.status or ""

    @property
    def created_s(self) -> float:
        """When it was due, in epoch seconds; 0 where no time of it can be read."""
        summary = self.metrics.duration_summary
        return next((moment / 1000 for moment in (self.created_at, summary.started_at, summary.completed_at) if moment), 0.0)

    @property
    def started_s(self) -> float | None:
        """When it began, in epoch seconds, if it has."""
        started = self.metrics.duration_summary.started_at
        return None if started is None else started / 1000

    @property
    def ended_s(self) -> float | None:
        """When it ended, in epoch seconds, if it has."""
        completed = self.metrics.duration_summary.completed_at
        return None if completed is None else completed / 1000

    @property
    def read_until_s(self) -> float:
        """Until when rows must have been changed for it to have read them, in epoch seconds: its window may end before it."""
        ends = (each.duration_summary.extensions.end for each in self.activities)
        known = [self.created_s * 1000, *ends]
        return min((moment / 1000 for moment in known if moment), default=0.0)

    @property
    def rows_in(self) -> int | None:
        """The rows that it read, where Platform tells."""
        return self.metrics.record_summary.input_record_count

    @property
    def rows_out(self) -> int | None:
        """The rows that it wrote, where Platform tells."""
        rows = self.metrics.record_summary
        if rows.output_record_count is not None:
            return rows.output_record_count
        parts = [count for count in (rows.created_record_count, rows.updated_record_count) if count is not None]
        return sum(parts) if parts else None

    @property
    def rows_failed(self) -> int | None:
        """The rows that did not arrive; 0 where Platform tells of rows and of none that failed."""
        rows = self.metrics.record_summary
        return 0 if rows.failed_record_count is None and self.rows_out is not None else rows.failed_record_count

    @property
    def batch_ids(self) -> list[str]:
        """The batches that hold its rows."""
        targets = (target for activity in self.activities for target in activity.target_info)
        return [each for target in targets if (target.reference.type or "").lower() == "batch" for each in target.reference.ids]

    @property
    def errors(self) -> list[RunError]:
        """What went wrong, each once: the run's own words first, then those of its activities, which say more."""
        seen: dict[tuple[str | None, str | None], RunError] = {}
        for error in self._errors():
            seen.setdefault((error.code, error.message), error)
        return list(seen.values())

    @property
    def failed_records(self) -> str | None:
        """Where Platform keeps the rows that it refused, if the flow keeps diagnostics."""
        kept = (each.extensions.manifest.failed_records for each in self._statuses())
        return next(filter(None, kept), None)

    def _statuses(self) -> Iterator[StatusSummary]:
        yield self.metrics.status_summary
        yield from (activity.status_summary for activity in self.activities)

    def _errors(self) -> Iterator[RunError]:
        for summary in self._statuses():
            yield from summary.errors
            yield from summary.extensions.errors
        yield from self.metrics.record_summary.failed_info
