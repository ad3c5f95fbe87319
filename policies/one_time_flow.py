"""Rule `no-one-time-flow`: a dataflow runs on a schedule, not once."""

from collections.abc import Iterator

from known import text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW, FREQUENCIES, ONCE

*_OTHERS, _LAST = (name for name, frequency in FREQUENCIES.items() if frequency.repeats)


def _judge(dataflow: Declared, _settings: Settings) -> Iterator[str]:
    frequency = text_at(dataflow.properties, "schedule", "frequency")
    if frequency == ONCE:
        yield sentence(
            says=f"schedule.frequency is {shown(frequency)}",
            limit="which the policy pack does not allow",
            fix=f"set it to {', '.join(_OTHERS)} or {_LAST}, or remove the dataflow after its run",
        )


NO_ONE_TIME_FLOW = ResourceRule(
    name="no-one-time-flow",
    description="Dataflows run on a schedule, not once.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={},
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": ONCE}})],
    level=EnforcementLevel.DISABLED,
    why="For production, and disabled by default. After its run, a one-time dataflow remains in the stack without a purpose, "
    "and Platform does not allow its frequency to be changed.",
)
