"""Organisation paths: the deprecated paths of namespaces that name the organisation, which clients still use."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.identity import namespaces
from aep_pulumi.emulator.identity.errors import not_found
from aep_pulumi.emulator.ims import organisation


def _list(call: Call) -> Reply:
    """The namespaces of an organisation: for any other than the caller's, only the shared ones, which are Adobe's."""
    found = namespaces.namespaces(call.objects)
    return Reply(200, [each for each in found if _is_own(call) or not each["custom"]])


def _get(call: Call) -> Reply:
    reply = namespaces.get(call)
    if isinstance(reply.body, dict) and reply.body["custom"] and not _is_own(call):
        raise not_found()
    return reply


def _is_own(call: Call) -> bool:
    return call.ids["org"] == organisation.ID


ROUTES = (Route("GET", "/orgs/{org}/identities", _list), Route("GET", "/orgs/{org}/identities/{id}", _get))
