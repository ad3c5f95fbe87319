"""Planning: the waves of a selection, and what speaks against deploying it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from aep_pulumi.fleet.estate import FleetStack, Plan, planned
from aep_pulumi.fleet.reading import full_name
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.kinds import BY_NAME
from aep_pulumi.review.wording import first_of

_Key: TypeAlias = tuple[str, str, str, str, str]


def plan(selection: Selection, previewed: Mapping[str, Sequence[str]] | None = None) -> Plan:
    """Order the selected stacks, and find what speaks against deploying them.

    Args:
        selection: the selected stacks.
        previewed: for the stacks that were previewed, the names of the stacks that their programs refer to. They replace those of
            the last state.
    """
    stacks = []
    for each in selection.stacks:
        seen = (previewed or {}).get(each.name)
        stacks.append(each if seen is None else each.reading(full_name(one, each.name) for one in seen))
    ordered = planned(stacks, existing=selection.existing)
    not_seen = [each.name for each in unseen(selection) if each.name not in (previewed or {})]
    notes = list(selection.notes)
    if not_seen:
        notes.append(
            f"not previewed, though new or changed: {first_of(not_seen)}: what they read is known from the config and the "
            "last state alone; --preview runs their programs"
        )
    return Plan(ordered.waves, (*ordered.problems, *_managed_twice(selection)), tuple(notes))


def unseen(selection: Selection) -> list[FleetStack]:
    """The stacks whose last state does not show what they read: they are new or, with `since`, changed."""
    return [each for each in selection.stacks if each.is_new or each.name in (selection.changed or ())]


def _managed_twice(selection: Selection) -> Iterator[str]:
    """One sentence for all objects that the same stacks manage."""
    owners: dict[_Key, list[str]] = {}
    nouns: dict[_Key, str] = {}
    for name, member in selection.members.items():
        for each in member.facts.objects:
            if not each.is_shared:
                key = (member.stack.system, *each.key)
                owners.setdefault(key, []).append(name)
                nouns.setdefault(key, f'{BY_NAME[each.kind].noun} "{each.name}" ({each.id})')
    together: dict[tuple[str, ...], list[_Key]] = {}
    for key, names in owners.items():
        if len(names) > 1:
            together.setdefault(tuple(names), []).append(key)
    for group, keys in together.items():
        listed = first_of([nouns[key] for key in keys])
        who = " and ".join(dict.fromkeys(group))
        where = f"sandbox {keys[0][3]} of {keys[0][2]}"
        if len(set(group)) == 1:
            yield f"{who} manages {listed} in {where} twice: remove one with `pulumi state delete`"
        else:
            yield (
                f"{who} manage the same object in {where}, {listed}: keep it in one of them, and remove it from the others with"
                " `pulumi state delete`"
            )
