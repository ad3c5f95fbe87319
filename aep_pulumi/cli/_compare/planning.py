"""Planning: which recorded requests a comparison may send, and under which names. No I/O.

It writes only to objects that it creates itself, of kinds that Platform can delete. All other writes are not sent: they would
change what belongs to somebody, or what cannot be deleted again.
"""

import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from aep_pulumi.cli._recordings.json_paths import LAST, Json, Part
from aep_pulumi.cli._recordings.steps import SANDBOX_HEADER, SECRET, VARIABLE, Step, replayable
from aep_pulumi.kinds import KINDS, Kind

COLLECTIONS: Mapping[str, Kind] = {kind.path: kind for kind in reversed(KINDS) if kind.is_deletable}
"""The kinds that a comparison may create, by path."""
_CONVERSION = "/data/foundation/conversion"
_READING_POSTS = frozenset(
    f"{_CONVERSION}/{each}" for each in ("mappingSets/preview", "mappingSets/validate", "languages/el/validate")
)
_SANDBOXES = "/data/foundation/sandbox-management/"
_NAMES = ("name", "title")
_NO_RETURN = "immutableTags"
"""What puts a schema into a union, from which Platform never removes it."""


_ID_PATHS = (("id",), ("$id",), ("@id",), (0, LAST))
"""Where the response to a create has the object's own id; other ids in it may be those of somebody's objects."""


class Effect(enum.Enum):
    """What a request does."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change or delete"


@dataclass(frozen=True)
class Planned:
    """A request of the recording, and what becomes of it."""

    step: Step
    effect: Effect
    reason: str = ""
    """Why it is not sent, or ""."""

    @property
    def kind(self) -> Kind | None:
        """The kind that it creates, if it creates an object."""
        return COLLECTIONS.get(self.step.path.rstrip("/")) if self.effect is Effect.CREATE else None


def planned(steps: Sequence[Step], prefix: str, has_secret: Callable[[str], bool]) -> list[Planned]:
    """The requests of a recording, with names of the comparison's own.

    Args:
        steps: the recording.
        prefix: what the names and titles of all objects begin with.
        has_secret: whether a secret has a value.
    """
    own: set[str] = set()
    missing: dict[str, int] = {}
    plan: list[Planned] = []
    for step, unreplayable in replayable(steps):
        effect, rejected = _effect(step, own)
        unset = sorted(name for name in step.names if name.startswith(SECRET) and not has_secret(name))
        needed = [missing[name] for name in step.names & missing.keys()]
        reason = unreplayable or rejected
        if not reason and unset:
            reason = f"needs the environment variable{'s' * (len(unset) > 1)} {', '.join(unset)}"
        if not reason and needed:
            reason = f"needs request {min(needed)}"
        if reason:
            missing |= dict.fromkeys(step.gives, step.number)
        elif effect is Effect.CREATE:
            own |= {name for name, where in step.gives.items() if where in _ID_PATHS}
        plan.append(Planned(step, effect, reason))
    return _renamed(plan, prefix)


def _effect(step: Step, own: set[str]) -> tuple[Effect, str]:
    """What a request does, and why a comparison does not do it, if so."""
    path = step.path.rstrip("/")
    if SANDBOX_HEADER in step.headers and not path.startswith(_SANDBOXES):
        return Effect.READ, "goes to another sandbox than that of the settings"
    if {".", ".."} & set(unquote(path).split("/")):
        return Effect.CHANGE, "has a path that leads elsewhere"
    if step.method in {"GET", "HEAD"} or (step.method == "POST" and path in _READING_POSTS):
        return Effect.READ, ""
    if step.method == "POST" and path in COLLECTIONS:
        return Effect.CREATE, ""
    for collection in COLLECTIONS:
        match = re.match(rf"{re.escape(collection)}/{VARIABLE.pattern}(/|$)", path)
        if match and match[1] in own:
            why = "cannot be undone: a schema never leaves a union" if _NO_RETURN in json.dumps(step.body) else ""
            return Effect.CHANGE, why
    return Effect.CHANGE, "would change what the comparison has not created, or could not delete"


# --- names --------------------------------------------------------------------------------------------------------------


def _renamed(plan: Iterable[Planned], prefix: str) -> list[Planned]:
    plan = list(plan)
    writes = [each.step for each in plan if each.effect is not Effect.READ and not each.reason]
    names = {name: prefix + name for step in writes for name in _names_in(step.body)}
    return [replace(each, step=_with_names(each.step, names)) for each in plan]


def _names_in(body: object) -> list[str]:
    """The names that a body gives an object: its own, or those that a JSON Patch sets."""
    if isinstance(body, dict):
        return [body[key] for key in _NAMES if isinstance(body.get(key), str)]
    operations = body if isinstance(body, list) else []
    return [each["value"] for each in operations if _sets_name(each)]


def _sets_name(operation: object) -> bool:
    return (
        isinstance(operation, dict)
        and operation.get("path") in {f"/{key}" for key in _NAMES}
        and isinstance(operation.get("value"), str)
    )


def _with_names(step: Step, names: Mapping[str, str]) -> Step:
    body = step.body
    if isinstance(body, dict):
        body = {key: names.get(str(value), value) if key in _NAMES else value for key, value in body.items()}
    elif isinstance(body, list):
        body = [{**each, "value": names.get(each["value"], each["value"])} if _sets_name(each) else each for each in body]
    return replace(
        step,
        body=body,
        query=[(name, _with_names_in_text(value, names)) for name, value in step.query],
        gives={name: tuple(_part(part, names) for part in path) for name, path in step.gives.items()},
    )


def _with_names_in_text(text: str, names: Mapping[str, str]) -> str:
    """A query's value, with new names: alone, or in a filter such as `name==…`."""
    if not names:
        return text
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    pattern = rf'(^|=="?)({"|".join(map(re.escape, longest_first))})(?=$|[",])'
    return re.sub(pattern, lambda match: match[1] + names[match[2]], text)


def _part(part: Part, names: Mapping[str, str]) -> Part:
    if isinstance(part, str | int):
        return part
    renamed: Json = {"name": names.get(part["name"], part["name"])}
    return renamed
