"""Lifecycle: creating, renaming, resetting and deleting sandboxes (Adobe's page "Sandbox management endpoint").

Creating and resetting take effect at once, but the sandbox is only active after a while, as on Platform.
"""

from __future__ import annotations

import time
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.core import author, clock
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.json_schema import NAME, JsonSchema, closed
from aep_pulumi.emulator.sandboxes import errors, sandboxes
from aep_pulumi.emulator.sandboxes.sandboxes import ACTIVE, CREATING, DELETED, RESETTING, UNTIL

Json = dict[str, Any]

# How long a sandbox is provisioned. Platform takes about 30 s; nobody needs to wait that long for a local one.
PROVISIONING_S = 3

# The fields in the response of a change; only a read returns the others.
SHORT = ("name", "title", "state", "type", "region")

TYPES = ("production", "development")

# Adobe's rule: no spaces or special characters.
NEW = JsonSchema(
    closed(
        ("name", "title", "type"),
        name={"type": "string", "pattern": "^[a-z][a-z0-9-]{0,255}$"},
        title=NAME,
        type={"enum": list(TYPES)},
    )
)
CHANGES = JsonSchema(closed(("title",), title=NAME))
RESET = JsonSchema(closed(("action",), action={"const": "reset"}))


def create(call: Call) -> Reply:
    """Create a sandbox."""
    desired = _validated(NEW, call)
    if desired["name"] in sandboxes.by_name(call.objects):
        raise errors.conflict(desired["name"])
    sandbox = _stamped(call, sandboxes.new(desired["name"], desired["title"], desired["type"]), created=True)
    return _saved(call, 202, _provisioning(sandbox, CREATING))


def rename(call: Call) -> Reply:
    """Change the title of a sandbox, the only field that can be changed."""
    sandbox = _existing(call)
    title = _validated(CHANGES, call)["title"]
    changed = _stamped(call, {**sandbox, "title": title, "eTag": sandbox["eTag"] + 1})
    sandboxes.save(call.objects, changed)
    return Reply(200, sandboxes.representation(changed))


def reset(call: Call) -> Reply:
    """Delete all objects of a sandbox."""
    sandbox = _settled(call)
    _validated(RESET, call)
    if _flag(call, "validationOnly"):
        return _short(202, sandbox)
    _delete_objects(call, sandbox)
    return _saved(call, 202, _provisioning(_stamped(call, {**sandbox, "eTag": sandbox["eTag"] + 1}), RESETTING))


def delete(call: Call) -> Reply:
    """Delete all objects of a sandbox, and deactivate it; it can still be read."""
    sandbox = _existing(call)
    if sandbox["isDefault"]:
        raise errors.rejected(f"Sandbox `{sandbox['name']}` cannot be deleted. It is the default production sandbox.")
    if _flag(call, "validationOnly"):
        return _short(202, sandbox)
    _delete_objects(call, sandbox)
    without_end = {name: value for name, value in sandbox.items() if name != UNTIL}
    return _saved(call, 202, _stamped(call, {**without_end, "state": DELETED, "eTag": sandbox["eTag"] + 1}))


def _existing(call: Call) -> Json:
    """The sandbox in the path, unless it is deleted."""
    sandbox = sandboxes.all_by_name(call.objects).get(call.ids["name"])
    if sandbox is None:
        raise errors.not_found(call.ids["name"])
    if sandbox["state"] == DELETED:
        raise errors.rejected(f"Sandbox `{sandbox['name']}` is deleted.")
    return sandbox


def _settled(call: Call) -> Json:
    """The sandbox in the path, if it is active."""
    sandbox = _existing(call)
    if (state := sandboxes.state_of(sandbox)) != ACTIVE:
        raise errors.rejected(f"Sandbox `{sandbox['name']}` cannot be reset. Its state is {state}.")
    return sandbox


def _validated(schema: JsonSchema, call: Call) -> Json:
    body = call.json(errors.rejected)
    if violation := schema.violation(body):
        raise errors.rejected(violation.message)
    return dict(body)  # type: ignore[call-overload, no-any-return]  # guaranteed by the schema


def _flag(call: Call, name: str) -> bool:
    return (call.query_value(name) or "").lower() == "true"


def _delete_objects(call: Call, sandbox: Json) -> None:
    objects = call.objects.in_sandbox(sandbox["name"])
    batches.delete_archive(objects)
    objects.clear()


def _provisioning(sandbox: Json, state: str) -> Json:
    return {**sandbox, "state": state, UNTIL: clock.now() + PROVISIONING_S}


def _stamped(call: Call, sandbox: Json, *, created: bool = False) -> Json:
    """A sandbox with the time and the author of a change."""
    now, user = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now())), author.user_id(call)
    first = {"createdDate": now, "createdBy": user} if created else {}
    return {**sandbox, **first, "lastModifiedDate": now, "modifiedBy": user}


def _saved(call: Call, status: int, sandbox: Json) -> Reply:
    sandboxes.save(call.objects, sandbox)
    return _short(status, sandbox)


def _short(status: int, sandbox: Json) -> Reply:
    shown = sandboxes.representation(sandbox)
    return Reply(status, {name: shown[name] for name in SHORT})
