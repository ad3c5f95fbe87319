"""Ownership: which fields changed, what of an object is the program's, and what is carried over. Pure."""

from collections.abc import Iterable, Set as AbstractSet

from aep_pulumi.resources._fields import (
    LOCAL,
    WRITE_ONLY,
    Inputs,
    Mark,
    Values,
    at,
    fields_of,
    marked,
    part_of,
    same,
)
from aep_pulumi.resources._sets import owned, respelled


def changed_paths(model: type[Inputs], olds: Values, news: Values) -> list[str]:
    """The paths of the fields whose values differ, as deep as the model goes."""
    news = respelled(model, news, olds)
    differing = [path for path, _field in fields_of(model) if not same(at(olds, path), at(news, path))]
    # A part differs because a field in it does: the field is what to name, unless the part came, went or is unknown.
    return [path for path in differing if not any(other.startswith(f"{path}.") for other in differing)]


def concerned(model: type[Inputs], mark: Mark, paths: Iterable[str]) -> list[str]:
    """Those of the changed paths that a mark is about.

    It stands at the field, or at the part that the field lies in; a part that came or went is concerned if anything in it is.
    """
    marks = [f"{path}." for path in marked(model, mark)]
    return [path for path in paths if any(f"{path}.".startswith(one) or one.startswith(f"{path}.") for one in marks)]


def as_observed(
    model: type[Inputs], specified: Values, remote: Values, unreported: AbstractSet[str], *, with_added: bool = False
) -> Values:
    """What Platform holds of that which the program owns: all of it where nothing is owned yet.

    Args:
        model: the inputs.
        said: what the program set.
        remote: what Platform reports, in the inputs' words.
        unreported: fields that Platform may not report for a while: they have not changed then.
        with_added: whether what somebody added to what is the program's as a whole is told too.
    """
    if not specified:
        return {name: value for name, value in remote.items() if value is not None}
    kept = _carried_over(model, specified, remote, marked(model, WRITE_ONLY) | marked(model, LOCAL))
    kept |= {name: specified[name] for name in unreported if remote.get(name) is None and name in specified}
    return owned(model, specified, kept, with_added=with_added)


def merged(old: Values, new: Values) -> Values:
    """The new values, with what only the old ones hold: a field that is dropped counts too."""
    both = {name: merged(old[name], new[name]) for name in old.keys() & new.keys() if _are_parts(old[name], new[name])}
    return old | new | both


def without(values: Values, paths: Iterable[str]) -> Values:
    """The values without those at these paths."""
    kept = dict(values)
    for path in paths:
        name, _, rest = path.partition(".")
        if rest and isinstance(kept.get(name), dict):
            kept[name] = without(kept[name], [rest])
        elif not rest:
            kept.pop(name, None)
    return kept


def _are_parts(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _carried_over(model: type[Inputs], specified: Values, remote: Values, write_only: set[str], prefix: str = "") -> Values:
    """What was observed, with the program's word where Platform does not read a value back."""
    kept = dict(remote)
    for name, field in model.model_fields.items():
        path, value = prefix + name, specified.get(name)
        if path in write_only and value is not None:
            both = isinstance(value, dict) and isinstance(remote.get(name), dict)
            kept[name] = value | remote[name] if both else value
        elif (part := part_of(field.annotation)) and isinstance(value, dict) and isinstance(remote.get(name), dict):
            kept[name] = _carried_over(part, value, remote[name], write_only, f"{path}.")
    return kept
