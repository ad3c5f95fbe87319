"""Rule `unique-titles`: no two schemas or field groups of the stack have one title."""

from collections.abc import Iterator, Sequence

from known import text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, Settings, StackRule, declare, is_exempt, sentence, shown

from aep_pulumi.kinds import BY_NAME, KINDS, SCHEMA

_TITLES = {kind.name: kind.title for kind in KINDS if kind.title and kind.conflict_code == BY_NAME[SCHEMA].conflict_code}
"""Every kind whose titles the registry keeps unique, and the property that holds them."""


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
                    limit=f"which {other} has already, and a title is unique in the registry",
                    fix="say in one of the two what sets it apart",
                ),
            )


_PEOPLE = declare(SCHEMA, "people", {"title": "People"})

UNIQUE_TITLES = StackRule(
    name="unique-titles",
    description="No two schemas or field groups of the stack have one title.",
    judge=_judge,
    settings={},
    level=EnforcementLevel.MANDATORY,
    keeps=[_PEOPLE, declare(SCHEMA, "orders", {"title": "Orders"})],
    breaks=[_PEOPLE, declare(SCHEMA, "persons", {"title": "people"})],
    why="Platform refuses a title that it has, but says so only when the second one is made. Titles that differ in case or "
    "spaces alone, which it takes, are one title to the people who choose from a list.",
)
