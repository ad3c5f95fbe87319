"""Rule `protected`: what cannot be made again is protected from deletion."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel
from rule import Declared, ResourceRule, Settings, declare, sentence

from aep_pulumi.kinds import DATASET, KINDS

_NAMES = sorted(kind.name for kind in KINDS)


def _judge(declared: Declared, settings: Settings) -> Iterator[str]:
    if declared.kind in settings["kinds"] and not declared.is_protected:
        yield sentence(
            says="protect is not set",
            limit="where the policy pack requires it",
            fix="set opts=pulumi.ResourceOptions(protect=True)",
        )


PROTECTED = ResourceRule(
    name="protected",
    description="Objects that hold what cannot be made again are protected from deletion.",
    kinds=_NAMES,
    judge=_judge,
    settings={
        "kinds": {
            "type": "array",
            "items": {"enum": _NAMES},
            "default": sorted(kind.name for kind in KINDS if kind.holds_rows),
            "description": "The kinds to protect.",
        },
    },
    keeps=[declare(DATASET, "people", {"name": "People"}, protect=True)],
    breaks=[declare(DATASET, "people", {"name": "People"})],
    level=EnforcementLevel.DISABLED,
    why="For production, and disabled by default. A deleted dataset takes its rows with it, a schema its datasets. Dataflows are "
    "not among the kinds: a new column replaces one, which Pulumi rejects for a protected one.",
)
