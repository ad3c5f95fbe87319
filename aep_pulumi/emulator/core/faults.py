"""Faults: rule-based fault injection; the same seed and requests produce the same faults."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aep_pulumi.emulator.core import clock, errors, wire
from aep_pulumi.emulator.core.calls import Service
from aep_pulumi.emulator.core.json_patch import OPERATION, PatchError, patched
from aep_pulumi.emulator.core.json_schema import NAME, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.flow_service import stored
from aep_pulumi.emulator.flow_service.routes import SERVICE as FLOW_SERVICE
from aep_pulumi.emulator.ims import tokens

Json = dict[str, Any]

COLLECTION = "faults"

# All kinds of faults: before a request is handled, after it, around it, and for IMS.
BEFORE = ("throttled", "throttled_bare", "outage_before", "outage_html", "reset_before")
AFTER = ("outage_after", "slow_after", "reset_after", "truncated", "garbled", "altered")
AROUND = ("slow", "token_expired", "stale_etag", "lagging_reads", "transient")
IMS_ONLY = ("ims_html", "ims_outage")
KINDS = (*BEFORE, *AFTER, *AROUND, *IMS_ONLY)

DELAY_S = 0.5
RETRY_AFTER_S = 1
OUTAGES = (503, 500, 502, 504)

_TIME: Json = {"type": "number", "minimum": 0, "maximum": 3600}
_TIMES: Json = {"type": "integer", "minimum": 0}
PLAN = JsonSchema(
    closed(
        ("rules",),
        seed={"type": "integer"},
        rules=list_of(
            closed(
                ("kind",),
                kind={"enum": list(KINDS)},
                rate={"type": "number", "minimum": 0, "maximum": 1},
                method=NAME,
                path=NAME,
                times=_TIMES,
                after=_TIMES,
                retry_after_s=_TIME,
                delay_s=_TIME,
                status={"type": "integer", "minimum": 500, "maximum": 599},
                # What `altered` changes in a response: a field that another release of Platform returns or omits, say.
                patch=list_of(OPERATION),
            )
        ),
    ),
    always_strict=True,
)

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
FLOW_OBJECT = re.compile(
    f"{FLOW_SERVICE.base}/(?P<collection>{BASE_CONNECTIONS}|{SOURCE_CONNECTIONS}|{TARGET_CONNECTIONS}|{FLOWS})"
    r"(/(?P<id>[^/]+)(/action)?)?/?"
)

OUTAGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
CAPTIVE_PORTAL_PAGE = "<html><head><title>Welcome</title></head><body>Sign in to continue.</body></html>"


@dataclass(frozen=True)
class RequestHead:
    """The parts of a request that rules match on."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def flow_object(self) -> re.Match[str] | None:
        """The Flow Service object or collection in its path, if any."""
        return FLOW_OBJECT.fullmatch(self.path)

    def supports(self, kind: str, pattern: str) -> bool:
        """True if this kind of fault applies to the request.

        IMS and the control API are excluded unless the rule's kind or path names them.
        """
        if kind in IMS_ONLY:
            return self.path == tokens.PATH
        for excluded in ("/_local/", "/ims/"):
            if self.path.startswith(excluded):
                return excluded.strip("/") in pattern and not self.path.startswith("/_local/faults")
        match kind:
            case "stale_etag":
                return self.method == "PATCH" and "if-match" in self.headers and self.flow_object is not None
            case "transient":
                return self.method in {"POST", "PATCH"} and self.flow_object is not None
            case "lagging_reads":
                return self.method in WRITES
        return True


@dataclass
class Rule:
    """A rule as configured, with counts of the requests that it has matched and of the faults that it has injected."""

    given: Json
    matched: int = 0
    fired: int = 0

    @property
    def kind(self) -> str:
        """The kind of fault."""
        return str(self.given["kind"])

    @property
    def delay_s(self) -> float:
        """The delay in seconds, for the kinds that have one."""
        return float(self.given.get("delay_s", DELAY_S))

    def matches(self, head: RequestHead) -> bool:
        """True if the rule applies to the request."""
        pattern = str(self.given.get("path", ""))
        if str(self.given.get("method", head.method)).upper() != head.method or not re.search(pattern, head.path):
            return False
        return head.supports(self.kind, pattern)

    def fires(self, rng: random.Random) -> bool:
        """True if the rule injects a fault for the match just counted."""
        times = self.given.get("times")
        if self.matched <= self.given.get("after", 0) or (times is not None and self.fired >= times):
            return False
        return rng.random() < float(self.given.get("rate", 1))


@dataclass(frozen=True)
class Fault:
    """A single fault to inject."""

    kind: str
    delay_s: float
    retry_after_s: float
    status: int
    patch: Sequence[Json] = ()


class Faults:
    """The active rules; persisted in the database, so that a killed server continues where it stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Load the rules from the database."""
        saved = self._store.global_settings.find(COLLECTION, "plan") or {"seed": 0, "rules": []}
        self._seed: int = saved["seed"]
        self._rules = [Rule(**rule) for rule in saved["rules"]]

    def replace(self, plan: Json) -> str | None:
        """Replace the active rules. Returns an error message and keeps the old rules if the new ones are invalid, else None."""
        for rule in plan["rules"]:
            try:
                re.compile(rule.get("path", ""))
            except re.error as error:
                return f"The path {rule['path']} is not a valid regular expression: {error}."
        self._seed, self._rules = plan.get("seed", 0), [Rule(rule) for rule in plan["rules"]]
        self._save()
        return None

    def report(self) -> Json:
        """The rules, and the number of injected faults per kind."""
        fired: dict[str, int] = {}
        for rule in self._rules:
            fired[rule.kind] = fired.get(rule.kind, 0) + rule.fired
        rules = [{**rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        return {"seed": self._seed, "rules": rules, "fired": fired}

    def next_fault(self, head: RequestHead) -> Fault | None:
        """The fault for a request: that of the first rule that matches and fires. Later rules do not count the request."""
        any_match = False
        for number, rule in enumerate(self._rules):
            if not rule.matches(head):
                continue
            any_match = True
            rule.matched += 1
            # The random numbers depend only on the rule and its matches, so unrelated requests do not affect them.
            rng = random.Random(f"{self._seed}/{number}/{rule.matched}")  # noqa: S311 - reproducible on purpose
            if rule.fires(rng):
                rule.fired += 1
                self._save()
                status = rule.given.get("status") or rng.choice(OUTAGES)
                retry_after_s, patch = rule.given.get("retry_after_s", RETRY_AFTER_S), rule.given.get("patch", ())
                return Fault(rule.kind, rule.delay_s, retry_after_s, status, patch)
        if any_match:
            self._save()
        return None

    def _save(self) -> None:
        rules = [{"given": rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        with self._store.transaction():
            self._store.global_settings.put(COLLECTION, "plan", {"seed": self._seed, "rules": rules})


class FaultLayer:
    """Middleware that injects faults: inside the request log, which records them, and outside everything else."""

    def __init__(self, app: ASGIApp, store: Store, faults: Faults, services: Sequence[Service]) -> None:
        self.app = app
        self._store = store
        self._faults = faults
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request, with its fault, if any."""
        head = RequestHead(scope["method"], scope["raw_path"].decode("ascii", "replace"), Headers(scope=scope))
        fault = self._faults.next_fault(head)
        if fault is None:
            await self.app(scope, receive, send)
            return
        scope["state"]["fault"] = fault.kind
        if fault.kind == "reset_before":
            scope["state"]["deliver"] = wire.reset
        elif fault.kind in BEFORE or fault.kind in IMS_ONLY:
            await self._replacement(fault, head)(scope, receive, send)
        elif fault.kind in {"outage_after", "garbled"}:
            await self.app(scope, receive, _discard)
            await self._replacement(fault, head)(scope, receive, send)
        elif fault.kind == "altered":
            messages: list[Message] = []
            await self.app(scope, receive, _collected_in(messages))
            for message in _altered(messages, fault.patch):
                await send(message)
        else:
            await self._prepare(fault, head, scope)
            await self.app(scope, receive, send)

    async def _prepare(self, fault: Fault, head: RequestHead, scope: Scope) -> None:
        """Prepare a fault around a request that is still handled."""
        state, until = scope["state"], clock.now() + fault.delay_s
        match fault.kind:
            case "slow":
                await wire.pause(scope, fault.delay_s)
            case "slow_after":
                state["deliver"] = wire.delayed(fault.delay_s)
            case "reset_after":
                state["deliver"] = wire.reset
            case "truncated":
                state["deliver"] = wire.truncated
            case "token_expired":
                self._store.revoke_tokens()
            case "stale_etag":
                self._change_etag(head)
            case "lagging_reads":
                state["visible_at"] = until
            case "transient":
                state["transition_until"] = until

    def _change_etag(self, head: RequestHead) -> None:
        target = head.flow_object
        if target and target["id"]:
            objects = self._store.objects(head.headers.get("x-sandbox-name", ""))
            with self._store.transaction():
                stored.change_etag(objects, target["collection"], target["id"])

    def _replacement(self, fault: Fault, head: RequestHead) -> Response:
        """The response sent in place of the real one."""
        match fault.kind:
            case "throttled" | "throttled_bare":
                headers = {"retry-after": f"{fault.retry_after_s:g}"} if fault.kind == "throttled" else {}
                return JSONResponse(errors.THROTTLED, 429, headers)
            case "outage_html":
                return HTMLResponse(OUTAGE_PAGE, 502)
            case "garbled" | "ims_html":
                return HTMLResponse(CAPTIVE_PORTAL_PAGE, 200)
        service = next((each for each in self._services if head.path.startswith(each.base)), None)
        error = service.outage(fault.status) if service else errors.outage(fault.status)
        return JSONResponse(error.body, error.status)


def _collected_in(messages: list[Message]) -> Send:
    async def collect(message: Message) -> None:
        messages.append(message)

    return collect


def _altered(messages: list[Message], operations: Sequence[Json]) -> list[Message]:
    """A response whose JSON body has been patched; unchanged if it has none, or if the patch does not apply to it."""
    body = b"".join(message.get("body", b"") for message in messages)
    try:
        content = json.dumps(patched(json.loads(body), operations)).encode()
    except (ValueError, PatchError):
        return messages
    head, *_ = messages
    MutableHeaders(scope=head)["content-length"] = str(len(content))
    return [head, {"type": "http.response.body", "body": content}]


async def _discard(_: Message) -> None:
    """Discard a response that is not delivered."""
