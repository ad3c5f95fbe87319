"""Rule `partial-ingestion`: a run does not let too many wrong rows pass."""

from collections.abc import Iterator

from known import number_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATAFLOW


def _judge(dataflow: Declared, settings: Settings) -> Iterator[str]:
    percent, most = number_at(dataflow.properties, "partial_ingestion_percent"), settings["maximum"]
    if percent is not None and percent > most:
        yield sentence(
            says=f"partial_ingestion_percent is {shown(percent)}",
            limit=f"above the limit of {most:g}",
            fix=f"lower it to {most:g} or less, or raise `maximum` in the policy pack's settings",
        )


PARTIAL_INGESTION = ResourceRule(
    name="partial-ingestion",
    description="A run fails when more than a few of its rows are wrong.",
    kinds=[DATAFLOW],
    judge=_judge,
    settings={
        "maximum": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "default": 5,
            "description": "The largest share of wrong rows, in percent, that a dataflow may put up with.",
        },
    },
    keeps=[declare(DATAFLOW, "contacts", {"partial_ingestion_percent": 2})],
    breaks=[declare(DATAFLOW, "contacts", {"partial_ingestion_percent": 50})],
    why="Not remedied: a changed threshold replaces the dataflow.",
)
