"""Rule `unique-titles`: no two schemas or field groups of the stack have one title."""

from collections.abc import Iterator, Sequence

from known import text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, Settings, StackRule, declare, is_exempt, sentence, shown

_TITLED = ("Schema", "FieldGroup")


def _judge(resources: Sequence[Declared], settings: Settings) -> Iterator[tuple[Declared, str]]:
    first: dict[str, Declared] = {}
    for declared in resources:
        title = text_at(declared.properties, "title")
        if declared.kind not in _TITLED or title is None or is_exempt(declared, settings):
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


_PEOPLE = declare("Schema", "people", {"title": "People"})

UNIQUE_TITLES = StackRule(
    name="unique-titles",
    description="No two schemas or field groups of the stack have one title.",
    judge=_judge,
    settings={},
    level=EnforcementLevel.MANDATORY,
    keeps=[_PEOPLE, declare("Schema", "orders", {"title": "Orders"})],
    breaks=[_PEOPLE, declare("Schema", "persons", {"title": "people"})],
    why="Platform refuses a title that it has, but says so only when the second one is made. Titles that differ in case or "
    "spaces alone, which it takes, are one title to the people who choose from a list.",
)
