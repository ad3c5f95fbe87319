"""Rule `partial-ingestion`: a run fails if too many of its rows are invalid."""

from collections.abc import Iterator

from known import number_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW


def _judge(dataflow: Declared, settings: Settings) -> Iterator[str]:
    percent, maximum = number_at(dataflow.properties, "partial_ingestion_percent"), settings["maximum"]
    if percent is not None and percent > maximum:
        yield sentence(
            says=f"partial_ingestion_percent is {shown(percent)}",
            limit=f"above the maximum of {maximum:g}",
            fix=f"lower it to {maximum:g} or less, or raise `maximum` in the policy pack's settings",
        )


PARTIAL_INGESTION = ResourceRule(
    name="partial-ingestion",
    description="A run fails if more than a few percent of its rows are invalid.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={
        "maximum": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "default": 5,
            "description": "The maximum share of invalid rows, in percent, that a dataflow may tolerate.",
        },
    },
    keeps=[declare(DATAFLOW, "contacts", {"partial_ingestion_percent": 2})],
    breaks=[declare(DATAFLOW, "contacts", {"partial_ingestion_percent": 50})],
    why="There is no remediation, because a change of the threshold replaces the dataflow.",
)
