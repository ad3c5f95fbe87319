"""Rule `minimum-interval`: a dataflow does not run more often than the team allows."""

from collections.abc import Iterator, Mapping
from typing import Any

from known import at
from pulumi_policy import EnforcementLevel
from rule import Declared, ResourceRule, Settings, declare

from aep_pulumi.kinds import DATAFLOW, FREQUENCIES, MINUTE

PLATFORM_MINIMUM = FREQUENCIES[MINUTE].least_interval
"""Platform's own limit for `minute`, and the default of the rule."""


def why_too_often(schedule: object, minimum: int = PLATFORM_MINIMUM, *, every_frequency: bool = False) -> str | None:
    """Why a schedule is rejected, or None if it is allowed or not known yet.

    Args:
        schedule: a dataflow's `schedule`: `{"frequency": "minute", "interval": 30}`.
        minimum: the smallest allowed interval.
        every_frequency: whether the minimum applies to every frequency except `once`, as in the table of Adobe's tutorial,
            or only to `minute`, as on Platform.
    """
    if not isinstance(schedule, Mapping):
        return None
    frequency, interval = schedule.get("frequency"), schedule.get("interval")
    if not isinstance(frequency, str) or not isinstance(interval, int | float) or isinstance(interval, bool):
        return None
    bound = frequency == MINUTE or (every_frequency and frequency in FREQUENCIES and FREQUENCIES[frequency].repeats)
    if not bound or interval >= minimum:
        return None
    return (
        f"schedule.interval is {interval:g} with frequency {frequency}, below the minimum of {minimum}: "
        f"set it to {minimum} or more, or lower `minimum` in the policy pack's settings"
    )


def _judge(dataflow: Declared, settings: Settings) -> Iterator[str]:
    schedule = at(dataflow.properties, "schedule")
    reason = why_too_often(schedule, settings["minimum"], every_frequency=settings["everyFrequency"])
    if reason is not None:
        yield reason


def _remedy(properties: Any, settings: Settings) -> None:  # noqa: ANN401 - the SDK's own mapping
    # Safe: an interval is updated in place, and no rows are lost; they only arrive later.
    properties["schedule"]["interval"] = settings["minimum"]


MINIMUM_INTERVAL = ResourceRule(
    name="minimum-interval",
    description="A dataflow does not run more often than the team allows.",
    kinds=[DATAFLOW],
    judge=_judge,
    remedy=_remedy,
    level=EnforcementLevel.MANDATORY,
    settings={
        "minimum": {
            "type": "integer",
            "minimum": 1,
            "default": PLATFORM_MINIMUM,
            "description": "The smallest allowed interval.",
        },
        "everyFrequency": {
            "type": "boolean",
            "default": False,
            "description": "Whether the minimum applies to every frequency except `once`, or only to `minute`.",
        },
    },
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": MINUTE, "interval": 30}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": MINUTE, "interval": 10}})],
    why="Platform accepts an interval of 15 minutes. That is 96 batches a day; Adobe's guardrail for Profile is 90 in the whole "
    "sandbox.",
)
