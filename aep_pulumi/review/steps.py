"""Steps: what happens to each object, field by field."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import filterfalse

from aep_pulumi.review.effects import effects
from aep_pulumi.review.events import Event
from aep_pulumi.review.parts import Change, Effect, Is, Op, Shown, Step
from aep_pulumi.review.phrases import title_of
from aep_pulumi.review.values import SECRET, differences, is_internal, secrets_of
from aep_pulumi.review.wiring import Wiring

_OPS = {"same": Op.SAME, "create": Op.CREATE, "import": Op.CREATE, "update": Op.UPDATE, "delete": Op.DELETE}


def op_of(event: Event) -> Op:
    """What happens to an object."""
    if len(event.ops) > 1 or event.ops[0] in {"replace", "create-replacement", "import-replacement", "read-replacement"}:
        return Op.REPLACE
    if event.ops[0] == "delete-replaced":  # left over by an earlier run, which made its successor
        return Op.DELETE
    op = _OPS.get(event.ops[0], Op.OTHER)
    if op is Op.SAME and _unsent(event):
        return Op.UPDATE
    return Op.SAME if op is Op.UPDATE and _is_internal_alone(event) else op


def step_of(event: Event, wiring: Wiring, before: Event | None, hints: tuple[Effect, ...]) -> Step:
    """A step; `before` is the object that it seems to be renamed from, and `hints` point that out."""
    op = op_of(event)
    changes = () if op is Op.SAME else tuple(_changes(op, event, wiring))
    return Step(
        op=op,
        engine_op=event.ops[0] if len(event.ops) == 1 else "replace",
        kind=event.kind_name,
        noun=event.kind.noun if event.kind else "",
        urn=event.urn,
        name=event.name,
        title=title_of(event),
        changes=changes,
        effects=(
            *(effects(op, event, changes, wiring, before) if op not in {Op.SAME, Op.OTHER} else ()),
            *hints,
        ),
    )


def _unsent(event: Event) -> list[Change]:
    """The changed local switches, which Platform never sees; False is the same as not set."""
    names = event.kind.local_inputs if event.kind else ()
    old, new = ({name: True for name in names if state and state.inputs.get(name) is True} for state in (event.old, event.new))
    return differences(old, new)


def _is_internal_alone(event: Event) -> bool:
    """Whether only internal properties differ, such as the provider's reference in the state."""
    old, new = (state.inputs if state else {} for state in (event.old, event.new))
    return bool(event.diffs) and all(map(is_internal, event.diffs)) and not differences(old, new)


def _changes(op: Op, event: Event, wiring: Wiring) -> Iterator[Change]:
    old, new = (state.inputs if state else {} for state in (event.old, event.new))
    changes = _unsent(event) if event.ops == ("same",) else differences(old, new, event.diffs)
    if op is Op.UPDATE and not changes:
        # The engine reports a change, and nothing visible differs: a secret has changed.
        hidden = sorted(set(secrets_of(old)) & set(secrets_of(new))) or sorted(filterfalse(is_internal, event.diffs))
        changes = [Change(path, SECRET, SECRET) for path in hidden]
    for change in changes:
        top = re.split(r"[.\[ ]", change.path, maxsplit=1)[0]
        replaces = op is Op.REPLACE and any(change.path == key or key.startswith(f"{top}.") or key == top for key in event.keys)
        yield replace(change, new=_named(change.new, event, top, wiring), replaces=replaces)


def _named(new: Shown, event: Event, name: str, wiring: Wiring) -> Shown:
    """Name the object whose id an unknown value will be."""
    if new.what is not Is.UNKNOWN or name not in event.references:
        return new
    needed = wiring.needed(event, name)
    return Shown(Is.UNKNOWN, title_of(needed[0])) if needed else new
