"""Faults: what goes wrong between a client and Platform, by rules; the same seed and requests give the same faults."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aep_pulumi.emulator.core import clock, errors, wire
from aep_pulumi.emulator.core.calls import Service
from aep_pulumi.emulator.core.json_schema import NAME, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.store import BASE_CONNECTIONS, FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Store
from aep_pulumi.emulator.flow_service import stored
from aep_pulumi.emulator.flow_service.routes import SERVICE as FLOW_SERVICE
from aep_pulumi.emulator.ims import tokens

Json = dict[str, Any]

COLLECTION = "faults"

# Every kind of fault, and when it happens.
BEFORE = ("throttled", "throttled_bare", "outage_before", "outage_html", "reset_before")
AFTER = ("outage_after", "slow_after", "reset_after", "truncated", "garbled")
AROUND = ("slow", "token_expired", "stale_etag", "lagging_reads", "transient")
OF_IMS = ("ims_html", "ims_outage")
KINDS = (*BEFORE, *AFTER, *AROUND, *OF_IMS)

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
            )
        ),
    )
)

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
FLOW_OBJECT = re.compile(
    f"{FLOW_SERVICE.base}/(?P<collection>{BASE_CONNECTIONS}|{SOURCE_CONNECTIONS}|{TARGET_CONNECTIONS}|{FLOWS})"
    r"(/(?P<id>[^/]+)(/action)?)?/?"
)

OUTAGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
OTHER_PAGE = "<html><head><title>Welcome</title></head><body>The network asks you to sign in.</body></html>"


@dataclass(frozen=True)
class RequestHead:
    """What rules see of a request."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def flow_object(self) -> re.Match[str] | None:
        """The object of Flow Service, or the collection, that its path names."""
        return FLOW_OBJECT.fullmatch(self.path)

    def can_have(self, kind: str, pattern: str) -> bool:
        """True if a fault of the kind makes sense for it.

        IMS and the control API are left alone unless a rule's kind or path names them.
        """
        if kind in OF_IMS:
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
    """A rule as it was given, how many requests it has matched, and how often it has fired."""

    given: Json
    matched: int = 0
    fired: int = 0

    @property
    def kind(self) -> str:
        """What goes wrong."""
        return str(self.given["kind"])

    @property
    def delay_s(self) -> float:
        """How long it lasts, for the kinds that take time."""
        return float(self.given.get("delay_s", DELAY_S))

    def matches(self, head: RequestHead) -> bool:
        """True for a request that the rule is about."""
        pattern = str(self.given.get("path", ""))
        if str(self.given.get("method", head.method)).upper() != head.method or not re.search(pattern, head.path):
            return False
        return head.can_have(self.kind, pattern)

    def fires(self, dice: random.Random) -> bool:
        """True if it fires for the match just counted."""
        times = self.given.get("times")
        if self.matched <= self.given.get("after", 0) or (times is not None and self.fired >= times):
            return False
        return dice.random() < float(self.given.get("rate", 1))


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, once."""

    kind: str
    delay_s: float
    retry_after_s: float
    status: int


class Faults:
    """The rules in force; kept in the database too, so that a killed server continues where it stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Read the rules from the database."""
        kept = self._store.global_settings.find(COLLECTION, "plan") or {"seed": 0, "rules": []}
        self._seed: int = kept["seed"]
        self._rules = [Rule(**rule) for rule in kept["rules"]]

    def replace(self, plan: Json) -> str | None:
        """Put other rules in force. What is wrong with them, or None; then the old rules stay."""
        for rule in plan["rules"]:
            try:
                re.compile(rule.get("path", ""))
            except re.error as error:
                return f"The path {rule['path']} is no regular expression: {error}."
        self._seed, self._rules = plan.get("seed", 0), [Rule(rule) for rule in plan["rules"]]
        self._save()
        return None

    def report(self) -> Json:
        """The rules, and per kind how often each has fired."""
        fired: dict[str, int] = {}
        for rule in self._rules:
            fired[rule.kind] = fired.get(rule.kind, 0) + rule.fired
        rules = [{**rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        return {"seed": self._seed, "rules": rules, "fired": fired}

    def due(self, head: RequestHead) -> Fault | None:
        """The fault for a request: of the first rule that matches and fires; the rules after it do not count it."""
        any_match = False
        for number, rule in enumerate(self._rules):
            if not rule.matches(head):
                continue
            any_match = True
            rule.matched += 1
            # Each rule has its own random numbers, by its matches alone: requests that do not match change nothing.
            dice = random.Random(f"{self._seed}/{number}/{rule.matched}")  # noqa: S311 - repeatable on purpose
            if rule.fires(dice):
                rule.fired += 1
                self._save()
                status = rule.given.get("status") or dice.choice(OUTAGES)
                return Fault(rule.kind, rule.delay_s, rule.given.get("retry_after_s", RETRY_AFTER_S), status)
        if any_match:
            self._save()
        return None

    def _save(self) -> None:
        rules = [{"given": rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        with self._store.transaction():
            self._store.global_settings.put(COLLECTION, "plan", {"seed": self._seed, "rules": rules})


class FaultLayer:
    """The middleware that makes things go wrong: inside the request log, which shows them, and outside all the rest."""

    def __init__(self, app: ASGIApp, store: Store, faults: Faults, services: Sequence[Service]) -> None:
        self.app = app
        self._store = store
        self._faults = faults
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with the fault that is due, if any."""
        head = RequestHead(scope["method"], scope["raw_path"].decode("ascii", "replace"), Headers(scope=scope))
        fault = self._faults.due(head)
        if fault is None:
            await self.app(scope, receive, send)
            return
        scope["state"]["fault"] = fault.kind
        if fault.kind == "reset_before":
            scope["state"]["deliver"] = wire.reset
        elif fault.kind in BEFORE or fault.kind in OF_IMS:
            await self._instead(fault, head)(scope, receive, send)
        elif fault.kind in {"outage_after", "garbled"}:
            await self.app(scope, receive, _discard)
            await self._instead(fault, head)(scope, receive, send)
        else:
            await self._prepare(fault, head, scope)
            await self.app(scope, receive, send)

    async def _prepare(self, fault: Fault, head: RequestHead, scope: Scope) -> None:
        """Set up what goes wrong around a request that is carried out and answered."""
        state, until = scope["state"], clock.now() + fault.delay_s
        match fault.kind:
            case "slow":
                await wire.pause(scope, fault.delay_s)
            case "slow_after":
                state["deliver"] = wire.late(fault.delay_s)
            case "reset_after":
                state["deliver"] = wire.reset
            case "truncated":
                state["deliver"] = wire.truncated
            case "token_expired":
                self._store.forget_tokens()
            case "stale_etag":
                self._touch(head)
            case "lagging_reads":
                state["lags_until"] = until
            case "transient":
                state["settles_at"] = until

    def _touch(self, head: RequestHead) -> None:
        named = head.flow_object
        if named and named["id"]:
            objects = self._store.objects(head.headers.get("x-sandbox-name", ""))
            with self._store.transaction():
                stored.touch(objects, named["collection"], named["id"])

    def _instead(self, fault: Fault, head: RequestHead) -> Response:
        """The answer that a client gets, whatever the real one would be."""
        match fault.kind:
            case "throttled" | "throttled_bare":
                headers = {"retry-after": f"{fault.retry_after_s:g}"} if fault.kind == "throttled" else {}
                return JSONResponse(errors.THROTTLED, 429, headers)
            case "outage_html":
                return HTMLResponse(OUTAGE_PAGE, 502)
            case "garbled" | "ims_html":
                return HTMLResponse(OTHER_PAGE, 200)
        service = next((each for each in self._services if head.path.startswith(each.base)), None)
        error = service.outage(fault.status) if service else errors.outage(fault.status)
        return JSONResponse(error.body, error.status)


async def _discard(_: Message) -> None:
    """Drop an answer that nobody gets."""
