"""Credentials: the container of a sandbox's landing zone, and the token that opens it, which opens nothing here."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from typing import Any
from urllib.parse import quote

from aep_pulumi.emulator.cloud_storage.landing_zone import CONTAINER
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

COLLECTION = "landingZones"
CONTAINERS = {"user_drop_zone": CONTAINER, "dlz_destination": "dlz-destination"}
STORAGE = "locallandingzone"
DAYS_KEPT = "7"
VALID_DAYS = 90
SECONDS_PER_DAY = 86_400


def container(call: Call) -> Reply:
    """Return the landing zone of a sandbox, as on Azure."""
    return Reply(200, {"containerName": CONTAINERS[_type(call)], "containerTTL": DAYS_KEPT})


def get(call: Call) -> Reply:
    """Return the credentials of a landing zone."""
    return Reply(200, _credentials(call, _type(call)))


def refresh(call: Call) -> Reply:
    """Replace the token of a landing zone."""
    kind = _type(call)
    if call.query_value("action") != "refresh":
        raise errors.bad_request("The action must be refresh.")  # inferred
    call.objects.put(COLLECTION, kind, {"id": kind, "refreshed": _refreshed(call, kind) + 1})
    return Reply(200, _credentials(call, kind))


def _type(call: Call) -> str:
    kind = call.query_value("type") or ""
    if kind not in CONTAINERS:
        raise errors.bad_request(f"The type must be one of {', '.join(CONTAINERS)}.")  # inferred
    return kind


def _refreshed(call: Call, kind: str) -> int:
    """How often the token has been replaced."""
    return int((call.objects.find(COLLECTION, kind) or {"refreshed": 0})["refreshed"])


def _credentials(call: Call, kind: str) -> Json:
    """The credentials; a token that nobody replaces is another one after it has expired, as on Platform."""
    period = int(clock.now()) // (VALID_DAYS * SECONDS_PER_DAY)
    seed = f"{sandboxes.current(call.objects)['id']}/{kind}/{period}/{_refreshed(call, kind)}"
    policy = uuid.uuid5(uuid.NAMESPACE_URL, seed)
    signature = quote(base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode(), safe="")
    token = f"sv=2020-04-08&si=dlz-{policy}&sr=c&sp=racwdlm&sig={signature}"
    return {
        "containerName": CONTAINERS[kind],
        "SASToken": token,
        "storageAccountName": STORAGE,
        "SASUri": f"https://{STORAGE}.blob.core.windows.net/{CONTAINERS[kind]}?{token}",
        "expiryDate": time.strftime("%Y-%m-%d", time.gmtime((period + 1) * VALID_DAYS * SECONDS_PER_DAY)),
    }
