"""Rule `no-backfill`: no dataflow reads all old rows again whenever it is replaced."""

from collections.abc import Iterator

from known import UNKNOWN, at, text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW, ONCE


def _judge(dataflow: Declared, _settings: Settings) -> Iterator[str]:
    frequency = text_at(dataflow.properties, "schedule", "frequency")
    backfill = at(dataflow.properties, "schedule", "backfill")
    if frequency is None or frequency == ONCE or backfill is UNKNOWN:
        return
    if backfill is not False:
        value = "not set, and defaults to True on Platform" if backfill is None else shown(backfill)
        yield sentence(
            says=f"schedule.backfill is {value}",
            limit="where the policy pack requires False",
            fix="set it to False, or, for a dataflow that has started, which Platform does not change, add it to `exempt` in the "
            "policy pack's settings",
        )


NO_BACKFILL = ResourceRule(
    name="no-backfill",
    description="No dataflow is left with backfill on.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={},
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1, "backfill": False}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    level=EnforcementLevel.DISABLED,
    why="For production, and disabled by default. With backfill on, each replacement of the dataflow (a new column is enough) "
    "reads all rows of the source again. No remediation: without backfill, a dataflow that has never run leaves the old rows "
    "unread.",
)
