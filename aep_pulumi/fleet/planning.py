"""Planning: the waves of a selection, and what speaks against deploying it. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from aep_pulumi.fleet.estate import Plan, planned
from aep_pulumi.fleet.reading import full_name
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.kinds import BY_NAME

_FEW = 3


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
    unseen = [each for each in ordered.stacks if _is_unseen(selection, each.name) and each.name not in (previewed or {})]
    notes = list(selection.notes)
    if unseen:
        names = _listed([each.name for each in unseen])
        notes.append(
            f"not previewed, though new or changed: {names}: which stacks their programs read is known from config and last state alone; "
            "--preview runs them"
        )
    return Plan(ordered.waves, (*ordered.problems, *_managed_twice(selection)), tuple(notes))


def _is_unseen(selection: Selection, name: str) -> bool:
    return selection.members[name].stack.is_new or name in (selection.changed or ())


def _managed_twice(selection: Selection) -> Iterator[str]:
    """One sentence for all objects that the same stacks manage."""
    owners: dict[tuple[str, ...], list[str]] = {}
    nouns: dict[tuple[str, ...], str] = {}
    for name, member in selection.members.items():
        for each in member.facts.objects:
            if not each.is_shared:
                key = (member.stack.endpoint, each.organization, each.sandbox, each.kind, each.id)
                owners.setdefault(key, []).append(name)
                nouns.setdefault(key, f'{BY_NAME[each.kind].noun} "{each.name}" ({each.id})')
    together: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for key, names in owners.items():
        if len(names) > 1:
            together.setdefault(tuple(names), []).append(key)
    for names, keys in together.items():
        listed = ", ".join(nouns[key] for key in keys[:_FEW]) + (f" and {len(keys) - _FEW} more" if len(keys) > _FEW else "")
        who = " and ".join(dict.fromkeys(names))
        where = f"sandbox {keys[0][2]} of {keys[0][1]}"
        if len(set(names)) == 1:
            yield f"{who} manages {listed} in {where} twice: remove one with `pulumi state delete`"
        else:
            yield (
                f"{who} manage the same object in {where}, {listed}: keep it in one of them, and remove it from the others with "
                "`pulumi state delete`"
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
