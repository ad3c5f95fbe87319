"""HTTP API: the inlet of a streaming base connection, to which data is sent."""

from __future__ import annotations

import hashlib
from typing import Any

from aep_pulumi.emulator.core import address
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service.sources import HTTP_API

Json = dict[str, Any]


def inlet_id(connection_id: str) -> str:
    """The id of the inlet of a base connection."""
    return hashlib.sha256(f"inlet/{connection_id}".encode()).hexdigest()


def collection_url(inlet: str) -> str:
    """The URL to which data for an inlet is sent: the local Platform's own, so that no test data leaves the machine."""
    return f"{address.url()}/collection/{inlet}"


def representation(stored: Json) -> Json:
    """A base connection as returned to clients: an HTTP API connection includes its inlet."""
    if "auth" not in stored or stored["connectionSpec"]["id"] != HTTP_API:
        return stored
    inlet = inlet_id(stored["id"])
    params = {**stored["auth"].get("params", {}), "inletId": inlet, "inletUrl": collection_url(inlet)}
    return {**stored, "auth": {**stored["auth"], "params": params}}


def connection_of(objects: Objects, inlet: str) -> Json | None:
    """The base connection with this inlet, if there is one in the sandbox."""
    for each in objects.all(BASE_CONNECTIONS):
        if each["connectionSpec"]["id"] == HTTP_API and inlet_id(each["id"]) == inlet:
            return each
    return None
