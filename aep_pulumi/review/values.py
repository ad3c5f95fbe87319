"""Values: the fields in which two sets of inputs differ. Secrets are never shown."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from aep_pulumi.engine_values import INTERNAL, MASKED, OUTPUT_MARK, SECRET_MARK, SIGNATURE, UNKNOWNS
from aep_pulumi.review.parts import Change, Is, Shown
from aep_pulumi.review.wording import shortened

_SECRET_NAMES = re.compile(r"secret|passw|token|api_?key|private_?key|access_?key|credential$|signature", re.IGNORECASE)
_OURS = {"__provider", "__preview", "__defaults", "__internal"}
"""Internal names inside a value; others that look alike may be the program's own, such as a tag."""
_TITLES = ("destination", "name")

ABSENT, SECRET, UNKNOWN = Shown(Is.ABSENT), Shown(Is.SECRET), Shown(Is.UNKNOWN)

Diff: TypeAlias = tuple[str, str, object, object]
"""The path, its last name, and the two values."""


def is_unknown(value: object) -> bool:
    """Whether a preview does not know this value yet."""
    return isinstance(value, str) and value in UNKNOWNS


def is_secret(value: object, name: str = "") -> bool:
    """Whether a value is a secret: by Pulumi's mark, or by its name, in case the program did not mark it."""
    if isinstance(value, Mapping):
        return value.get(SIGNATURE) == SECRET_MARK or (value.get(SIGNATURE) == OUTPUT_MARK and value.get("secret") is True)
    return isinstance(value, str) and (value == MASKED or (value != "" and _SECRET_NAMES.search(name) is not None))


def is_internal(name: str) -> bool:
    """Whether a property is internal: it is never shown, and a change of it does not count."""
    return name.startswith(INTERNAL)


def visible_in(inputs: Mapping[str, object]) -> dict[str, object]:
    """The properties that a program sets."""
    return {name: value for name, value in inputs.items() if not is_internal(name)}


def secrets_of(inputs: Mapping[str, object]) -> list[str]:
    """The paths of the secrets."""
    return [path for path, name, value, _none in _differing("", "", visible_in(inputs), {}) if is_secret(value, name)]


def differences(old: Mapping[str, object], new: Mapping[str, object], reported: frozenset[str] = frozenset()) -> list[Change]:
    """The fields that differ, in the program's order.

    Args:
        old: the inputs before, empty for a new object.
        new: the inputs after, empty for a deleted one.
        reported: the paths that the engine reports as different: only they show which secret changed.
    """
    changes = [_change(*diff) for diff in _differing("", "", visible_in(old), visible_in(new))]
    both = set(secrets_of(old)) & set(secrets_of(new))
    seen = {change.path for change in changes}
    hidden = sorted(both - seen)
    rotated = [path for path in hidden if path in reported]
    if not rotated:  # the engine may name no more than the part that it lies in
        parts = [deep for deep in reported if not any(path.startswith(deep) for path in seen)]
        rotated = [path for path in hidden if any(path.startswith((f"{deep}.", f"{deep}[")) for deep in parts)]
    return changes + [Change(path, SECRET, SECRET) for path in rotated]


def shown(value: object, name: str = "") -> Shown:
    """A value as a reviewer sees it."""
    if value is None:
        return ABSENT
    if is_secret(value, name):
        return SECRET
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, str):
        return Shown(Is.VALUE, value)
    return Shown(Is.VALUE, _brief(value))


def _change(path: str, name: str, old: object, new: object) -> Change:
    before, after = shown(old, name), shown(new, name)
    if Is.SECRET in {before.what, after.what}:  # neither a former nor a future secret is shown
        before, after = (SECRET if value.what is Is.VALUE else value for value in (before, after))
    old_text, new_text = shortened(before.text, after.text)
    return Change(path, Shown(before.what, old_text), Shown(after.what, new_text))


def _differing(path: str, name: str, old: object, new: object) -> Iterator[Diff]:
    if _same(old, new):
        return
    if isinstance(old, Mapping | None) and isinstance(new, Mapping | None) and not (is_secret(old) or is_secret(new)):
        before, after = old or {}, new or {}
        if not (before or after) or (path.endswith("]") and not (before and after)):
            yield path, name, old, new
            return
        for key in [*after, *(key for key in before if key not in after)]:
            if key not in _OURS:
                yield from _differing(f"{path}.{key}" if path else str(key), str(key), before.get(key), after.get(key))
    elif isinstance(old, list | None) and isinstance(new, list | None) and (old or new):
        yield from _in_lists(path, name, old or [], new or [])
    else:
        yield path, name, old, new


def _in_lists(path: str, name: str, old: list[object], new: list[object]) -> Iterator[Diff]:
    before, after = _by_title(old), _by_title(new)
    if before is None or after is None:
        before, after = {str(at): item for at, item in enumerate(old)}, {str(at): item for at, item in enumerate(new)}
    elif set(before) == set(after) and list(before) != list(after):
        yield f"{path} (order)", name, list(before), list(after)
    for title in [*after, *(title for title in before if title not in after)]:
        yield from _differing(f"{path}[{title}]", name, before.get(title), after.get(title))


def _by_title(items: list[object]) -> dict[str, object] | None:
    """The items by their names, or None if those are not unique."""
    named: dict[str, object] = {}
    for item in items:
        title = item if isinstance(item, str) else None
        if isinstance(item, Mapping) and not is_secret(item):
            title = next((item[name] for name in _TITLES if isinstance(item.get(name), str)), None)
        if not isinstance(title, str) or is_unknown(title) or is_secret(title) or title in named:
            return None
        named[title] = item
    return named


def _same(old: object, new: object) -> bool:
    if is_unknown(old) or is_unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if is_secret(old) or is_secret(new):
            return is_secret(old) and is_secret(new)
        return all(_same(old.get(key), new.get(key)) for key in (old.keys() | new.keys()) - _OURS)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return old == new


def _brief(value: object) -> str:
    if isinstance(value, Mapping):
        if isinstance(value.get("source"), str) and "destination" in value:
            kind = value.get("source_type")
            suffix = {"EXPRESSION": " (an expression)", "STATIC": " (a fixed value)"}.get(str(kind), "")
            return f"{value['source']}{suffix}"
        if isinstance(value.get("name"), str) and isinstance(value.get("type"), str):
            return f"{value['name']}: {value.get('xdm_type') or value['type']}"
    return json.dumps(without_secrets(value), ensure_ascii=False, separators=(", ", ": "))


def without_secrets(value: object, name: str = "") -> object:
    """The value with a placeholder for each secret and each unknown."""
    if is_secret(value, name):
        return MASKED
    if is_unknown(value):
        return "(not known yet)"
    if isinstance(value, Mapping):
        return {str(key): without_secrets(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item, name) for item in value]
    return value
