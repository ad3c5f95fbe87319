"""Ids: those of all objects that the local Platform creates, random or, for tests and demonstrations, derived from a seed.

A derived id depends on the seed, the kind and the name of the object, and how many of that kind and name were created before. So
the order in which a client creates objects of different names does not matter: many clients create several at the same time.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid

from aep_pulumi.emulator.core.store import Store

# The collections of the global settings for the seed, and for how many ids have been derived from it, by kind and name.
_SETTING, _COUNTERS = "ids", "idCounters"

# Module state, because each process runs exactly one Platform. Without a seed, ids are random.
_state: dict[str, Store | str | None] = {"store": None, "seed": None}


def load(store: Store) -> None:
    """Load the seed from the database."""
    saved = store.global_settings.find(_SETTING, _SETTING) or {"seed": None}
    _state.update(store=store, seed=saved["seed"])


def seed() -> str | None:
    """The seed from which ids are derived; None if they are random."""
    found = _state["seed"]
    return found if isinstance(found, str) else None


def set_seed(store: Store, new: str | None) -> None:
    """Derive ids from another seed from now on; with one that was used before, ids continue where they stopped."""
    with store.transaction():
        store.global_settings.put(_SETTING, _SETTING, {"seed": new})
    load(store)


def new_uuid(kind: str, name: str = "") -> str:
    """A new UUID for an object of a kind with a name, or without one."""
    return str(uuid.UUID(int=new_number(128, kind, name), version=4))


def new_hex(digits: int, kind: str, name: str = "") -> str:
    """A new id of hexadecimal digits."""
    return f"{new_number(4 * digits, kind, name):0{digits}x}"


def new_number(bits: int, kind: str, name: str = "") -> int:
    """A new number of so many bits: a multiple of 4, and 256 at most."""
    chosen = seed()
    if chosen is None:
        return secrets.randbits(bits)
    text = f"{chosen}/{kind}/{name}/{_count(chosen, kind, name)}"
    return int(hashlib.sha256(text.encode()).hexdigest()[: bits // 4], 16)


def of_request() -> str:
    """The id of a request that has none: always random, as it names no object."""
    return str(uuid.uuid4())


def _count(chosen: str, kind: str, name: str) -> int:
    """How many ids have been derived for a kind and a name; one more from now on."""
    store = _state["store"]
    assert isinstance(store, Store)  # noqa: S101 - there is a seed, so it has been loaded
    key = hashlib.sha256(f"{chosen}/{kind}/{name}".encode()).hexdigest()
    count: int = (store.global_settings.find(_COUNTERS, key) or {"count": 0})["count"]
    # In the transaction of the request: an id that is not used in the end can be used again.
    store.global_settings.put(_COUNTERS, key, {"count": count + 1})
    return count
