"""States: transitional states of connections and flows after a change, and the operations that they reject.

A change completes immediately, unless a `transient` fault delays it, as can happen on Platform.
"""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import Call, Client
from aep_pulumi.emulator.flow_service import errors
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]

# The key of an object's transitional state and its end in the database; never returned. Existing databases contain it.
TRANSITION = "settling"


def in_transition(call: Call, stored: Json, state: str) -> Json:
    """Put a created or changed object into a transitional state, if the call has one."""
    if call.transition_until is None:
        return stored
    began = stored.get(TRANSITION, {}).get("began", state)
    return {**stored, TRANSITION: {"state": state, "until": call.transition_until, "began": began}}


def representation(stored: Json) -> Json:
    """An object as returned to clients, in its current state."""
    transition = stored.get(TRANSITION)
    if transition is None:
        return stored
    result = {name: value for name, value in stored.items() if name != TRANSITION}
    if _transitional_state(stored):
        # inferred: the representation of an operation in progress
        operation = {**stored["lastOperation"], "percentCompleted": 50, "status": {"value": "inProgress", "errors": []}}
        result |= {
            "state": transition["state"],
            "lastOperation": operation,
        }
        if "auth" in result and transition["state"] == "initializing":
            # According to Adobe's page on Salesforce, a base connection has no version until it is ready.
            del result["etag"], result["version"]
    elif "auth" in result and transition["began"] == "initializing":
        # According to the same page, its params include the organisation once it is ready.
        auth = result["auth"]
        result["auth"] = {**auth, "params": {**auth.get("params", {}), "orgId": organisation.ID}}
    return result


def check_change(stored: Json, client: Client) -> None:
    """Reject an update of an object in a transitional state; services may change a connection that is initializing."""
    state = _transitional_state(stored)
    if not state:
        return
    if "flowSpec" in stored:
        raise errors.coded("1420-400" if state == "disabling" else "1457-400", state=state)
    if state != "initializing":
        raise errors.coded("1416-400")
    if not client.is_service:
        raise errors.coded("1417-400")


def check_delete(stored: Json, client: Client) -> None:
    """Reject the deletion of an object in a transitional state, as of an update."""
    state = _transitional_state(stored)
    if state and "flowSpec" in stored:
        raise errors.coded("1458-400", state=state)
    check_change(stored, client)


def check_action(stored: Json, op: str) -> None:
    """Reject enabling or disabling a flow in a transitional state."""
    state = _transitional_state(stored)
    if state == "updating":
        raise errors.coded("1421-400", state=state)
    if state:
        raise errors.coded("1422-400", op=op, state=state)


def _transitional_state(stored: Json) -> str | None:
    transition = stored.get(TRANSITION)
    return str(transition["state"]) if transition and transition["until"] > clock.now() else None
