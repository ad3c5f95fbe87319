"""Rule `schedule-budget`: the dataflows into Profile-enabled datasets together stay within a number of batches a day."""

from collections.abc import Iterator, Sequence

from known import at, number_at, text_at
from rule import Declared, Settings, StackRule, declare, is_exempt, sentence

from aep_pulumi.kinds import DATAFLOW, DATASET, FREQUENCIES, MINUTE, TARGET_CONNECTION

GUARDRAIL = 90
"""Adobe's guardrail: batches of profiles or events a day, per sandbox."""
_MOST_NAMED = 5


def batches_a_day(schedule: object) -> float | None:
    """The runs per day of a schedule, counted as one batch each; None if not known. `once` counts as 0."""
    frequency, interval = FREQUENCIES.get(text_at(schedule, "frequency") or ""), number_at(schedule, "interval")
    if frequency and not frequency.repeats:
        return 0
    if frequency is None or interval is None or interval <= 0:
        return None
    return frequency.runs_a_day(interval)


def _judge(resources: Sequence[Declared], settings: Settings) -> Iterator[tuple[None, str]]:
    loads = {
        dataflow: load
        for dataflow in resources
        if not is_exempt(dataflow, settings) and _feeds_profile(dataflow)
        if (load := batches_a_day(at(dataflow.properties, "schedule")))
    }
    budget = settings["batchesPerDay"] - settings["elsewhere"]
    total = sum(loads.values())
    if total > budget:
        heaviest = sorted(loads, key=lambda dataflow: loads[dataflow], reverse=True)[:_MOST_NAMED]
        named = [f'"{dataflow.name}" {loads[dataflow]:.4g}' for dataflow in heaviest] + ["…"] * (len(loads) > _MOST_NAMED)
        elsewhere = f" ({settings['batchesPerDay']} minus {settings['elsewhere']} elsewhere)" if settings["elsewhere"] else ""
        yield (
            None,
            sentence(
                says=f"dataflows into Profile: their schedules add up to {total:.5g} batches a day ({', '.join(named)})",
                limit=f"above the budget of {budget}{elsewhere}",
                fix="lengthen the interval of the most frequent ones, or change `batchesPerDay` in the policy pack's settings",
            ),
        )


def _feeds_profile(dataflow: Declared) -> bool:
    target = dataflow.used("target_connection_id")
    dataset = target.used("dataset_id") if target else None
    on_profile = dataset is not None and at(dataset.properties, "profile", "enabled") is True
    return on_profile and at(dataflow.properties, "enabled") is not False


def _example(interval: int) -> list[Declared]:
    dataset = declare(DATASET, "people", {"profile": {"enabled": True}})
    target = declare(TARGET_CONNECTION, "to-people", {"dataset_id": dataset})
    schedule = {"frequency": MINUTE, "interval": interval}
    return [dataset, target, declare(DATAFLOW, "contacts", {"target_connection_id": target, "schedule": schedule})]


SCHEDULE_BUDGET = StackRule(
    name="schedule-budget",
    description="The dataflows into Profile-enabled datasets together stay within the sandbox's budget of batches a day.",
    judge=_judge,
    settings={
        "batchesPerDay": {
            "type": "integer",
            "minimum": 0,
            "default": GUARDRAIL,
            "description": "The maximum batches a day in the sandbox; defaults to Adobe's guardrail.",
        },
        "elsewhere": {
            "type": "integer",
            "minimum": 0,
            "default": 0,
            "description": "How many of them the other stacks of the sandbox use.",
        },
    },
    keeps=_example(30),
    breaks=_example(15),
    why="Each run counts as one batch. Disabled dataflows, and dataflows into datasets that the stack does not declare, do not "
    "count.",
)
