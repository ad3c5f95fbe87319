"""Rule `unique-titles`: no two schemas or field groups of the stack have the same title."""

from collections.abc import Iterator, Sequence

from known import text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, Settings, StackRule, declare, is_exempt, sentence, shown

from aep_pulumi.kinds import BY_NAME, KINDS, SCHEMA

_TITLES = {kind.name: kind.title for kind in KINDS if kind.title and kind.conflict_code == BY_NAME[SCHEMA].conflict_code}
"""The kinds whose titles the registry keeps unique, and the property that holds the title."""


def _judge(resources: Sequence[Declared], settings: Settings) -> Iterator[tuple[Declared, str]]:
    first: dict[str, Declared] = {}
    for declared in resources:
        name = _TITLES.get(declared.kind)
        title = text_at(declared.properties, name) if name else None
        if title is None or is_exempt(declared, settings):
            continue
        other = first.setdefault(" ".join(title.casefold().split()), declared)
        if other is not declared:
            yield (
                declared,
                sentence(
                    says=f"title is {shown(title)}",
                    limit=f"which {other} already has, and titles must be unique in the registry",
                    fix="rename one of the two",
                ),
            )


_PEOPLE = declare(SCHEMA, "people", {"title": "People"})

UNIQUE_TITLES = StackRule(
    name="unique-titles",
    description="No two schemas or field groups of the stack have the same title.",
    judge=_judge,
    settings={},
    level=EnforcementLevel.MANDATORY,
    keeps=[_PEOPLE, declare(SCHEMA, "orders", {"title": "Orders"})],
    breaks=[_PEOPLE, declare(SCHEMA, "persons", {"title": "people"})],
    why="Platform rejects a title that is taken, but only when the second object is created. It accepts titles that differ only "
    "in case or spaces; the rule does not, because people cannot tell them apart in a list.",
)
