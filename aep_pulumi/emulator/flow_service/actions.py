"""Actions: state changes of connections and flows: publish a draft, enable or disable a flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.objects import FLOWS
from aep_pulumi.emulator.flow_service import drafts, errors, flows
from aep_pulumi.emulator.flow_service.resources import Kind
from aep_pulumi.emulator.flow_service.stored import check_version, existing, with_new_version

Json = dict[str, Any]

QUERY = ("op", "subOp")
PUBLISH = "publish"
FINALIZE = {"finalize", "finalize_update"}


def routes(kind: Kind) -> Sequence[Route]:
    """The action route of one kind."""
    return (Route("POST", f"/{kind.collection}/{{id}}/action", lambda call: _perform(kind, call), query=QUERY),)


def _perform(kind: Kind, call: Call) -> Reply:
    stored = existing(call.objects, kind.collection, call.ids["id"])
    op = (call.query_value("op") or "").lower()
    if not op:
        raise errors.coded("1359-400", name="op")
    if op in FINALIZE:
        raise errors.coded("1402-400", op=op)
    if op == PUBLISH:
        return _publish(kind, call, stored)
    if kind.collection != FLOWS:
        raise errors.coded("1398-400", op=op)
    if stored["state"] == drafts.DRAFT:
        raise errors.coded("1422-400", op=op, state=drafts.DRAFT)
    return flows.perform_action(call)


def _publish(kind: Kind, call: Call, stored: Json) -> Reply:
    """Make a draft a complete, enabled object."""
    if "if-match" in call.headers:
        check_version(call, stored)
    if stored["state"] != drafts.DRAFT:
        raise errors.coded("1422-400", op=PUBLISH, state=stored["state"])
    published = with_new_version(drafts.completed(kind, call.objects, stored), call.client)
    call.objects.replace(kind.collection, published["id"], published)
    return Reply(200, {"id": published["id"], "etag": published["etag"]})
