"""Rule `names`: names of objects match the team's patterns."""

import re
from collections.abc import Iterator

from known import text_at
from rule import Declared, ResourceRule, RuleError, Settings, declare, sentence, shown

from aep_pulumi.kinds import DATASET, KINDS

_NAMED = {kind.name: kind.title for kind in KINDS if kind.is_named and kind.title}
"""The kinds that have a name, and the property that holds it."""
_DEFAULT = r"\w[\w :.,()&/+'-]{1,98}[\w.)]"


def _judge(declared: Declared, settings: Settings) -> Iterator[str]:
    name, pattern = _NAMED[declared.kind], settings["patterns"].get(declared.kind)
    value = text_at(declared.properties, name)
    if pattern is None or value is None:
        return
    try:
        fits = re.fullmatch(pattern, value)
    except re.error as error:
        raise RuleError(
            f'policy rule "names": patterns.{declared.kind} is {pattern!r}, which is not a valid regular expression ({error})'
        ) from None
    if not fits:
        yield sentence(
            says=f"{name} is {shown(value)}",
            limit=f"which does not match the pattern {pattern}",
            fix=f"rename it, or change `patterns.{declared.kind}` in the policy pack's settings",
        )


NAMES = ResourceRule(
    name="names",
    description="Names of objects match the team's patterns.",
    kinds=_NAMED,
    judge=_judge,
    settings={
        "patterns": {
            "type": "object",
            "propertyNames": {"enum": sorted(_NAMED)},
            "additionalProperties": {"type": "string"},
            "default": dict.fromkeys(sorted(_NAMED), _DEFAULT),
            "description": "The regular expressions, by kind, in Python's syntax. The whole name (the title of a schema or field "
            "group) must match; a kind that is not listed allows any name.",
        },
    },
    keeps=[declare(DATASET, "people", {"name": "CRM: contacts"})],
    breaks=[declare(DATASET, "people", {"name": "contacts "})],
    why="The default allows 3 to 100 characters: letters, digits, spaces and some punctuation, without leading or trailing "
    "spaces. A team may prefer `CRM: .+`.",
)
