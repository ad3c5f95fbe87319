"""Rule `no-backfill`: no dataflow is left to read all old rows whenever it is made anew."""

from collections.abc import Iterator

from known import UNKNOWN, at, text_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW, ONCE


def _judge(dataflow: Declared, _settings: Settings) -> Iterator[str]:
    frequency = text_at(dataflow.properties, "schedule", "frequency")
    backfill = at(dataflow.properties, "schedule", "backfill")
    if frequency is None or frequency == ONCE or backfill is UNKNOWN:
        return
    if backfill is not False:
        said = "not said, which Platform takes for True" if backfill is None else shown(backfill)
        yield sentence(
            says=f"schedule.backfill is {said}",
            limit="and production wants False",
            fix="say False, or name the dataflow in `exempt` in the policy pack's settings: on one that has started, Platform "
            "changes it no more",
        )


NO_BACKFILL = ResourceRule(
    name="no-backfill",
    description="No dataflow is left with backfill on.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={},
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1, "backfill": False}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    why="For production. With backfill on, each replacement of the dataflow (a new column is enough) reads all rows of the "
    "source again. Not remedied: switching it off for a dataflow that has never run leaves its old rows unread.",
)
