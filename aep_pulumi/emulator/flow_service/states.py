"""States: the transitional state of a connection or flow after a change, and what it rejects meanwhile.

Here every change is complete at once, unless a fault of the kind `transient` delays it, as Platform may.
"""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.flow_service import errors
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]

# Kept with an object, and never shown: its transitional state, and when that ends.
SETTLING = "settling"


def unsettled(call: Call, stored: Json, state: str) -> Json:
    """An object that a call has created or changed: in a transitional state until it has settled."""
    if call.settles_at is None:
        return stored
    began = stored.get(SETTLING, {}).get("began", state)
    return {**stored, SETTLING: {"state": state, "until": call.settles_at, "began": began}}


def shown(stored: Json) -> Json:
    """An object as it is right now."""
    settling = stored.get(SETTLING)
    if settling is None:
        return stored
    seen = {name: value for name, value in stored.items() if name != SETTLING}
    if _unsettled_state(stored):
        operation = {**stored["lastOperation"], "percentCompleted": 50, "status": {"value": "inProgress", "errors": []}}
        seen |= {"state": settling["state"], "lastOperation": operation}  # inferred: how a pending operation is shown
        if "auth" in seen and settling["state"] == "initializing":
            # Adobe's page on Salesforce: a base connection that is not ready has no version yet.
            del seen["etag"], seen["version"]
    elif "auth" in seen and settling["began"] == "initializing":
        # The same page: once ready, its params have the organisation too.
        auth = seen["auth"]
        seen["auth"] = {**auth, "params": {**auth.get("params", {}), "orgId": organisation.ID}}
    return seen


def check_change(stored: Json) -> None:
    """Reject a change of an object that has not settled."""
    state = _unsettled_state(stored)
    if not state:
        return
    if "flowSpec" in stored:
        raise errors.coded("1420-400" if state == "disabling" else "1457-400", state=state)
    raise errors.coded("1417-400" if state == "initializing" else "1416-400")


def check_delete(stored: Json) -> None:
    """Reject the deletion of an object that has not settled."""
    state = _unsettled_state(stored)
    if state and "flowSpec" in stored:
        raise errors.coded("1458-400", state=state)
    check_change(stored)


def check_action(stored: Json, op: str) -> None:
    """Reject enabling or disabling a flow that has not settled."""
    state = _unsettled_state(stored)
    if state == "updating":
        raise errors.coded("1421-400", state=state)
    if state:
        raise errors.coded("1422-400", op=op, state=state)


def _unsettled_state(stored: Json) -> str | None:
    settling = stored.get(SETTLING)
    return str(settling["state"]) if settling and settling["until"] > clock.now() else None
