"""Rule `descriptions`: objects have a description."""

from collections.abc import Iterator

from known import UNKNOWN, at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import BASE_CONNECTION, DATAFLOW, DATASET, FIELD_GROUP, KINDS, SCHEMA

DESCRIBED = tuple(sorted(kind.name for kind in KINDS if kind.has_description))
"""The kinds that have a description."""


def _judge(declared: Declared, settings: Settings) -> Iterator[str]:
    value, least = at(declared.properties, "description"), settings["minimumLength"]
    if declared.kind not in settings["kinds"] or value is UNKNOWN:
        return
    length = len(value.strip()) if isinstance(value, str) else 0
    if length < least:
        yield sentence(
            says=f"description is {shown(value) if length else 'not set'}",
            limit=f"but the policy pack requires {f'{least} characters or more' if least > 1 else 'one'}",
            fix="describe what the object is for and who uses it",
        )


DESCRIPTIONS = ResourceRule(
    name="descriptions",
    description="Objects have a description.",
    kinds=DESCRIBED,
    judge=_judge,
    settings={
        "kinds": {
            "type": "array",
            "items": {"enum": list(DESCRIBED)},
            "default": [BASE_CONNECTION, DATAFLOW, DATASET, FIELD_GROUP, SCHEMA],
            "description": f"The kinds that require one, out of {', '.join(DESCRIBED)}.",
        },
        "minimumLength": {
            "type": "integer",
            "minimum": 1,
            "default": 1,
            "description": "The minimum number of characters.",
        },
    },
    keeps=[declare(DATASET, "people", {"name": "People", "description": "Contacts of the CRM, for marketing"})],
    breaks=[declare(DATASET, "people", {"name": "People"})],
)
