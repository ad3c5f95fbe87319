"""States: how an object of Flow Service is while it settles, and what it refuses meanwhile.

Here everything settles at once, unless a fault of the kind `transient` has it take its time, as Platform may.
"""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.ims import tokens as ims

Json = dict[str, Any]

# Kept with an object, and never shown: the state it is in for now, and when that ends.
SETTLING = "settling"


def unsettled(call: Call, stored: Json, state: str) -> Json:
    """An object that a call has created or changed: in a state of its own until it has settled."""
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
        seen |= {"state": settling["state"], "lastOperation": operation}  # inferred: how an operation under way is told
        if "auth" in seen and settling["state"] == "initializing":
            # Adobe's page on Salesforce shows it: not ready, a base connection has no version yet.
            del seen["etag"], seen["version"]
    elif "auth" in seen and settling["began"] == "initializing":
        # The same page: ready, its params say the organisation too.
        auth = seen["auth"]
        seen["auth"] = {**auth, "params": {**auth.get("params", {}), "orgId": ims.ORGANISATION}}
    return seen


def check_change(stored: Json) -> None:
    """Refuse to change what has not settled."""
    state = _unsettled_state(stored)
    if not state:
        return
    if "flowSpec" in stored:
        raise refusals.flow_service("1420-400" if state == "disabling" else "1457-400", state=state)
    raise refusals.flow_service("1417-400" if state == "initializing" else "1416-400")


def check_delete(stored: Json) -> None:
    """Refuse to delete what has not settled."""
    state = _unsettled_state(stored)
    if state and "flowSpec" in stored:
        raise refusals.flow_service("1458-400", state=state)
    check_change(stored)


def check_action(stored: Json, op: str) -> None:
    """Refuse to enable or disable a flow that has not settled."""
    state = _unsettled_state(stored)
    if state == "updating":
        raise refusals.flow_service("1421-400", state=state)
    if state:
        raise refusals.flow_service("1422-400", op=op, state=state)


def _unsettled_state(stored: Json) -> str | None:
    settling = stored.get(SETTLING)
    return str(settling["state"]) if settling and settling["until"] > clock.now() else None
