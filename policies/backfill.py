"""Rule `no-backfill`: a dataflow does not reread all existing rows whenever it is replaced."""

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
        value = "not set (Platform defaults to True)" if backfill is None else shown(backfill)
        yield sentence(
            says=f"schedule.backfill is {value}",
            limit="but the policy pack requires False",
            fix="set it to False; Platform does not change it after the dataflow has started, so add such a dataflow to `exempt` "
            "in the policy pack's settings",
        )


NO_BACKFILL = ResourceRule(
    name="no-backfill",
    description="Dataflows disable backfill.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={},
    keeps=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1, "backfill": False}})],
    breaks=[declare(DATAFLOW, "contacts", {"schedule": {"frequency": "day", "interval": 1}})],
    level=EnforcementLevel.DISABLED,
    why="For production, and disabled by default. With backfill enabled, each replacement of the dataflow (adding a column is "
    "enough) reads all rows of the source again. There is no remediation: without backfill, the first run skips the existing "
    "rows.",
)
