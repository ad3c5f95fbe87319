"""Ownership: which fields changed, which remote values the program owns, and which values a refresh keeps. Pure."""

from collections.abc import Iterable, Set as AbstractSet

from aep_pulumi.resources._fields import Inputs, Values, at, fields_of, marked, part_of, same
from aep_pulumi.resources._marks import LOCAL, WRITE_ONLY, Mark
from aep_pulumi.resources._sets import owned, respelled


def changed_paths(model: type[Inputs], olds: Values, news: Values) -> list[str]:
    """The paths of the fields whose values differ, at every depth of the model."""
    news = respelled(model, news, olds)
    differing = [path for path, _field in fields_of(model) if not same(at(olds, path), at(news, path))]
    # Report the nested fields that differ instead of their parent, unless the parent itself was added, removed or is unknown.
    return [path for path in differing if not any(other.startswith(f"{path}.") for other in differing)]


def concerned(model: type[Inputs], mark: Mark, paths: Iterable[str]) -> list[str]:
    """The changed paths to which a mark applies.

    A mark on a nested object applies to its fields. A nested object that was added or removed counts if a field in it is marked.
    """
    marks = [f"{path}." for path in marked(model, mark)]
    return [path for path in paths if any(f"{path}.".startswith(one) or one.startswith(f"{path}.") for one in marks)]


def as_observed(
    model: type[Inputs], specified: Values, remote: Values, unreported: AbstractSet[str], *, with_added: bool = False
) -> Values:
    """The remote values of the fields that the program owns. If the program has set nothing yet, all of them.

    Args:
        model: the inputs.
        specified: the inputs that the program has set.
        remote: the remote values, by input name.
        unreported: fields that Platform may temporarily not return: a missing value is then not drift.
        with_added: whether to include values that were added to `WHOLE` fields outside of the program.
    """
    if not specified:
        return {name: value for name, value in remote.items() if value is not None}
    kept = _carried_over(model, specified, remote, marked(model, WRITE_ONLY) | marked(model, LOCAL))
    kept |= {name: specified[name] for name in unreported if remote.get(name) is None and name in specified}
    return owned(model, specified, kept, with_added=with_added)


def merged(old: Values, new: Values) -> Values:
    """The new values, and the old values of fields that the new ones do not have."""
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


def _carried_over(
    model: type[Inputs], specified: Values, remote: Values, write_only: AbstractSet[str], prefix: str = ""
) -> Values:
    """The observed values, with the specified ones for fields that Platform does not return."""
    kept = dict(remote)
    for name, field in model.model_fields.items():
        path, value = prefix + name, specified.get(name)
        if path in write_only and value is not None:
            both = isinstance(value, dict) and isinstance(remote.get(name), dict)
            kept[name] = value | remote[name] if both else value
        elif (part := part_of(field.annotation)) and isinstance(value, dict) and isinstance(remote.get(name), dict):
            kept[name] = _carried_over(part, value, remote[name], write_only, f"{path}.")
    return kept
