"""Cleaning: deletes what a comparison created, in reverse order, whatever happened."""

import json
from collections.abc import Iterator

from aep_pulumi.cli._compare.planning import COLLECTIONS
from aep_pulumi.cli._compare.sides import Created, Side
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import MAPPING_SET
from aep_pulumi.resources import KINDS

_NO_METHOD = "405"
_MAY_STAY = "Platform's API cannot delete mapping sets; nothing uses it any more"


def clean_up(side: Side, prefix: str) -> list[str]:
    """Delete everything that was created on a side. Returns what is left, and why.

    Args:
        side: the Platform.
        prefix: what the names of the created objects begin with: those of creates without a response are looked up by it.
    """
    pending = list(reversed(side.created))
    failed: dict[str, str] = {}
    try:
        if side.is_unsure:
            pending = list(dict.fromkeys([*_lookup(side, prefix), *pending]))
        # A second time, for what something else still used.
        for _ in range(2):
            failed = {}
            for created in pending:
                try:
                    side.delete(created)
                except AepError as error:
                    failed[created.path] = str(error)
            pending = [created for created in pending if created.path in failed]
            if not pending:
                break
    except KeyboardInterrupt:
        failed |= {created.path: "interrupted" for created in pending if created.path not in failed}
    except AepError as error:
        failed |= {created.path: str(error) for created in pending}
        failed.setdefault(f"objects whose names begin with {prefix!r}", f"their lists cannot be read: {error}")
    return [f"{side.name}: {_shown(path, why)}" for path, why in failed.items()]


def _shown(path: str, why: str) -> str:
    mapping_sets = next(kind for kind in KINDS if kind.__name__ == MAPPING_SET).provider.law.path
    return f"{path}: {_MAY_STAY if path.startswith(mapping_sets) and why.startswith(_NO_METHOD) else why}"


def _lookup(side: Side, prefix: str) -> Iterator[Created]:
    """The objects of the comparison, by their names, and by the ids of its other objects that they contain; users first."""
    own = {created.id for created in side.created}
    providers = {kind.provider.law.path: kind.provider for kind in KINDS}
    found: list[Created] = []
    # From the objects that others are built on to those that use them, so that their ids are known.
    for path in reversed(list(COLLECTIONS)):
        for remote in providers[path].collection(side.client).list():
            if _is_own(remote, prefix, own):
                found.append(Created(COLLECTIONS[path], remote.id))
                own.add(remote.id)
    yield from reversed(found)


def _is_own(remote: RemoteObject, prefix: str, own: set[str]) -> bool:
    names = [remote.body.get(key) for key in ("name", "title")]
    text = json.dumps(remote.body, default=str)
    return any(isinstance(name, str) and name.startswith(prefix) for name in names) or any(
        json.dumps(each)[1:-1] in text for each in own
    )
