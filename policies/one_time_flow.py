"""Rule `no-one-time-flow`: a dataflow goes on running; one that reads once is no part of a production stack."""

from collections.abc import Iterator

from known import text_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown


def _judge(dataflow: Declared, _settings: Settings) -> Iterator[str]:
    frequency = text_at(dataflow.properties, "schedule", "frequency")
    if frequency == "once":
        yield sentence(
            says=f"schedule.frequency is {shown(frequency)}",
            limit="which production does without",
            fix="give it a frequency of minute, hour, day or week, or take the dataflow out once it has read",
        )


NO_ONE_TIME_FLOW = ResourceRule(
    name="no-one-time-flow",
    description="No dataflow runs just once.",
    kinds=["Dataflow"],
    judge=_judge,
    settings={},
    keeps=[declare("Dataflow", "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    breaks=[declare("Dataflow", "contacts", {"schedule": {"frequency": "once"}})],
    why="For production. A dataflow of the past stays in the stack for ever, and Platform lets none that has run change its "
    "frequency.",
)
