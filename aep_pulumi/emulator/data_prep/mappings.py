"""Mappings: the single mappings of a mapping set; adding, changing or removing one makes a new version of the set.

OpenAPI documents the reads; the writes are what a public client sends (inferred).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import MAPPING_SETS
from aep_pulumi.emulator.data_prep.json_schemas import READ_BACK
from aep_pulumi.emulator.data_prep.mapping_sets import add_version, existing

Json = dict[str, Any]

SOURCE_TYPES = {value: name for name, value in READ_BACK.items()}

# The fields of a mapping that a client sets.
CLIENT_FIELDS = ("sourceType", "source", "destination", "name", "description", "functionVersion", "expressionAttributes")


def _list(call: Call) -> Reply:
    """The mappings of the newest version: nothing in the path names another."""
    return Reply(200, _newest(existing(call))["mappings"])


def _get(call: Call) -> Reply:
    """One mapping of any version: each version has mappings of its own."""
    for version in reversed(existing(call)["versions"]):
        for mapping in version["mappings"]:
            if mapping["id"] == call.ids["mapping"]:
                return Reply(200, mapping)
    raise _not_found(call)


def _add(call: Call) -> Reply:
    body = call.json(errors.bad_request)
    added = body if isinstance(body, list) else [body]
    version = _changed(call, lambda mappings: [*mappings, *added])
    new = version["mappings"][-len(added) :]
    return Reply(200, new if isinstance(body, list) else new[0])


def _replace(call: Call) -> Reply:
    at = _place(call)
    body = call.json(errors.bad_request)
    # The mapping can be changed again, and deleted, at the same address.
    kept = {at: call.ids["mapping"]}
    version = _changed(call, lambda mappings: [*mappings[:at], body, *mappings[at + 1 :]], kept)
    return Reply(200, version["mappings"][at])


def _remove(call: Call) -> Reply:
    at = _place(call)
    _changed(call, lambda mappings: [*mappings[:at], *mappings[at + 1 :]])
    return Reply(204)


def _changed(
    call: Call, change: Callable[[Sequence[Json]], Sequence[object]], kept: Mapping[int, str] = MappingProxyType({})
) -> Json:
    """A new version of the set, with its mappings changed."""
    stored = existing(call)
    newest = _newest(stored)
    body = {name: newest[name] for name in ("name", "outputSchema", "allowNullValues", "tags") if newest.get(name) is not None}
    mappings = change([_client_fields(each) for each in newest["mappings"]])
    if not mappings:
        raise errors.bad_request("A mapping set needs at least one mapping.")  # inferred
    return add_version(call, stored, {**body, "mappings": list(mappings)}, kept)


def _client_fields(mapping: Json) -> Json:
    """A mapping as a client sends it."""
    sent = {name: mapping[name] for name in CLIENT_FIELDS if name in mapping}
    return {**sent, "sourceType": SOURCE_TYPES.get(sent["sourceType"], sent["sourceType"])}


def _newest(stored: Json) -> Json:
    newest: Json = stored["versions"][-1]
    return newest


def _place(call: Call) -> int:
    for at, mapping in enumerate(_newest(existing(call))["mappings"]):
        if mapping["id"] == call.ids["mapping"]:
            return at
    raise _not_found(call)


def _not_found(call: Call) -> PlatformError:
    return errors.problem(404, f"The mapping {call.ids['mapping']} was not found in the {MAPPING_SETS} {call.ids['id']}.")


ROUTES = (
    Route("GET", "/mappingSets/{id}/mappings", _list),
    Route("POST", "/mappingSets/{id}/mappings", _add),
    Route("GET", "/mappingSets/{id}/mappings/{mapping}", _get),
    Route("PUT", "/mappingSets/{id}/mappings/{mapping}", _replace),
    Route("DELETE", "/mappingSets/{id}/mappings/{mapping}", _remove),
)
