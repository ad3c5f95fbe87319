"""Rule `protected`: objects that cannot be recreated are protected from deletion."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel
from rule import Declared, ResourceRule, Settings, declare, sentence

from aep_pulumi.kinds import DATASET, KINDS

_NAMES = sorted(kind.name for kind in KINDS)


def _judge(declared: Declared, settings: Settings) -> Iterator[str]:
    if declared.kind in settings["kinds"] and not declared.is_protected:
        yield sentence(
            says="protect is not set",
            limit="but the policy pack requires it",
            fix="set opts=pulumi.ResourceOptions(protect=True)",
        )


PROTECTED = ResourceRule(
    name="protected",
    description="Objects whose contents cannot be recreated are protected from deletion.",
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
    why="For production, and disabled by default. Deleting a dataset deletes its rows. Dataflows are not protected by default: "
    "adding a column replaces the dataflow, which Pulumi rejects if it is protected.",
)
