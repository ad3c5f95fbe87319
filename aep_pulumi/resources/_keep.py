"""Keep: secrets that stay as Platform has them, because nobody can read them there and the program does not set them. Pure.

`KEEP` equals whatever the state has, so it never shows as a change. It is never sent: a mapping of secrets that contains it is
left out of the request. Platform takes such a mapping as a whole, so that it can only be changed once all of its secrets are set.
"""

from collections.abc import Iterable, Iterator, Mapping

from aep_pulumi.resources._fields import Inputs, Problem, Values, at, is_unknown, secrets
from aep_pulumi.resources._marks import KEEP


def kept(model: type[Inputs], values: Values) -> list[str]:
    """The paths of the secrets that are `KEEP`."""
    return [path for path, value in _secret_values(model, values) if value == KEEP]


def misplaced(model: type[Inputs], values: Values) -> list[Problem]:
    """The values that are `KEEP` although they are no secrets."""
    allowed = set(kept(model, values))
    return [
        Problem(path, "is aep.KEEP, which only secrets accept, because Platform returns everything else: set the value")
        for path in _kept_anywhere(values, "")
        if path not in allowed
    ]


def filled(model: type[Inputs], values: Values, state: Values) -> Values:
    """The values, with those in state for secrets that are `KEEP`."""
    for path in kept(model, values):
        known = at(state, path)
        if known is not None and not is_unknown(known):
            values = _with(values, path.split("."), known)
    return values


def blocked(model: type[Inputs], values: Values, changed: Iterable[str]) -> list[str]:
    """The secrets that must be set before these fields can be changed: Platform takes them together."""
    held = {path: [each for each in kept(model, values) if f"{each}.".startswith(f"{path}.")] for path in secrets(model)}
    pairs = [(secret, path) for secret in held for path in changed if f"{secret}.".startswith(f"{path}.")]
    return list(dict.fromkeys(name for secret, _path in pairs for name in held[secret]))


def _secret_values(model: type[Inputs], values: Values) -> Iterator[tuple[str, object]]:
    for path in secrets(model):
        value = at(values, path)
        if isinstance(value, Mapping):
            # Also those that are not secret: Platform does not always return them.
            yield from ((f"{path}.{name}", item) for name, item in value.items())
        else:
            yield path, value


def _kept_anywhere(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _kept_anywhere(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _kept_anywhere(item, f"{path}[{index}]")
    elif isinstance(value, str) and value == KEEP:
        yield path


def _with(values: Values, steps: list[str], value: object) -> Values:
    name, rest = steps[0], steps[1:]
    return values | {name: _with(values[name], rest, value) if rest else value}
