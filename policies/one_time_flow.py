"""Rule `no-one-time-flow`: a dataflow goes on running; one that reads once is no part of a production stack."""

from collections.abc import Iterator

from known import text_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW, FREQUENCIES, ONCE

*_OTHERS, _LAST = (name for name, frequency in FREQUENCIES.items() if frequency.repeats)


def _judge(dataflow: Declared, _settings: Settings) -> Iterator[str]:
    frequency = text_at(dataflow.properties, "schedule", "frequency")
    if frequency == ONCE:
        yield sentence(
            says=f"schedule.frequency is {shown(frequency)}",
            limit="which production does without",
            fix=f"give it a frequency of {', '.join(_OTHERS)} or {_LAST}, or take the dataflow out once it has read",
        )


NO_ONE_TIME_FLOW = ResourceRule(
    name="no-one-time-flow",
    description="No dataflow runs just once.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={},
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": ONCE}})],
    why="For production. A dataflow of the past stays in the stack for ever, and Platform lets none that has run change its "
    "frequency.",
)
