"""Faults: what goes wrong between a client and Platform, by rules, and the same way for the same seed and requests."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aep_pulumi.emulator.core import clock, wire
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.json_schema import NAME, Shape, closed, list_of
from aep_pulumi.emulator.core.store import BASE_CONNECTIONS, FLOWS, SOURCE_CONNECTIONS, TARGET_CONNECTIONS, Store
from aep_pulumi.emulator.flow_service import resources as flow_service
from aep_pulumi.emulator.ims import tokens as ims

Json = dict[str, Any]

COLLECTION = "faults"

# Every kind of fault, and when it strikes.
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
PLAN = Shape(
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
    f"{flow_service.SERVICE.base}/(?P<collection>{BASE_CONNECTIONS}|{SOURCE_CONNECTIONS}|{TARGET_CONNECTIONS}|{FLOWS})"
    r"(/(?P<id>[^/]+)(/action)?)?/?"
)

OUTAGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
OTHER_PAGE = "<html><head><title>Welcome</title></head><body>The network asks you to sign in.</body></html>"


@dataclass(frozen=True)
class Ask:
    """A request, as far as rules look at it."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def flow_object(self) -> re.Match[str] | None:
        """The object of Flow Service, or the collection of them, that its path names."""
        return FLOW_OBJECT.fullmatch(self.path)

    def suits(self, kind: str, pattern: str) -> bool:
        """True where a fault of the kind means something for it.

        IMS and the control API are left alone unless a rule's kind or path names them.
        """
        if kind in OF_IMS:
            return self.path == ims.PATH
        for house in ("/_local/", "/ims/"):
            if self.path.startswith(house):
                return house.strip("/") in pattern and not self.path.startswith("/_local/faults")
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
    """A rule as it was given, and how often it has looked at a request and struck."""

    given: Json
    matched: int = 0
    fired: int = 0

    @property
    def kind(self) -> str:
        """What goes wrong."""
        return str(self.given["kind"])

    @property
    def delay_s(self) -> float:
        """How long it lasts, where it lasts."""
        return float(self.given.get("delay_s", DELAY_S))

    def matches(self, ask: Ask) -> bool:
        """True for a request that it is about."""
        pattern = str(self.given.get("path", ""))
        if str(self.given.get("method", ask.method)).upper() != ask.method or not re.search(pattern, ask.path):
            return False
        return ask.suits(self.kind, pattern)

    def strikes(self, dice: random.Random) -> bool:
        """True where it fires for the match just counted."""
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
    """The rules in force; kept in the database too, so that a killed server goes on where it stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Read what the database knows."""
        kept = self._store.house.find(COLLECTION, "plan") or {"seed": 0, "rules": []}
        self._seed: int = kept["seed"]
        self._rules = [Rule(**rule) for rule in kept["rules"]]

    def replace(self, plan: Json) -> str | None:
        """Put other rules in force; what is wrong with them where they cannot be, else None."""
        for rule in plan["rules"]:
            try:
                re.compile(rule.get("path", ""))
            except re.error as error:
                return f"The path {rule['path']} is no regular expression: {error}."
        self._seed, self._rules = plan.get("seed", 0), [Rule(rule) for rule in plan["rules"]]
        self._keep()
        return None

    def report(self) -> Json:
        """The rules, and per kind how often each fired."""
        fired: dict[str, int] = {}
        for rule in self._rules:
            fired[rule.kind] = fired.get(rule.kind, 0) + rule.fired
        rules = [{**rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        return {"seed": self._seed, "rules": rules, "fired": fired}

    def due(self, ask: Ask) -> Fault | None:
        """The fault that hits a request: the first rule's that matches and strikes; the ones after it do not see it."""
        looked = False
        for number, rule in enumerate(self._rules):
            if not rule.matches(ask):
                continue
            looked = True
            rule.matched += 1
            # Each rule throws its own dice, by what it has seen: other requests change nothing about them.
            dice = random.Random(f"{self._seed}/{number}/{rule.matched}")  # noqa: S311 - chance that repeats is the point
            if rule.strikes(dice):
                rule.fired += 1
                self._keep()
                status = rule.given.get("status") or dice.choice(OUTAGES)
                return Fault(rule.kind, rule.delay_s, rule.given.get("retry_after_s", RETRY_AFTER_S), status)
        if looked:
            self._keep()
        return None

    def _keep(self) -> None:
        rules = [{"given": rule.given, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]
        with self._store.transaction():
            self._store.house.put(COLLECTION, "plan", {"seed": self._seed, "rules": rules})


class FaultLayer:
    """The layer that has things go wrong: below the request log, which shows them, and above everything else."""

    def __init__(self, app: ASGIApp, store: Store, faults: Faults) -> None:
        self.app = app
        self._store = store
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, unless a fault stands in its way."""
        ask = Ask(scope["method"], scope["raw_path"].decode("ascii", "replace"), Headers(scope=scope))
        fault = self._faults.due(ask)
        if fault is None:
            await self.app(scope, receive, send)
            return
        scope["state"]["fault"] = fault.kind
        if fault.kind == "reset_before":
            scope["state"]["leave"] = wire.reset
        elif fault.kind in BEFORE or fault.kind in OF_IMS:
            await _instead(fault, ask)(scope, receive, send)
        elif fault.kind in {"outage_after", "garbled"}:
            await self.app(scope, receive, _unheard)
            await _instead(fault, ask)(scope, receive, send)
        else:
            await self._prepare(fault, ask, scope)
            await self.app(scope, receive, send)

    async def _prepare(self, fault: Fault, ask: Ask, scope: Scope) -> None:
        """What goes wrong around a request that is carried out and answered."""
        state, until = scope["state"], clock.now() + fault.delay_s
        match fault.kind:
            case "slow":
                await wire.pause(scope, fault.delay_s)
            case "slow_after":
                state["leave"] = wire.late(fault.delay_s)
            case "reset_after":
                state["leave"] = wire.reset
            case "truncated":
                state["leave"] = wire.truncated
            case "token_expired":
                self._store.forget_tokens()
            case "stale_etag":
                self._touch(ask)
            case "lagging_reads":
                state["lags_until"] = until
            case "transient":
                state["settles_at"] = until

    def _touch(self, ask: Ask) -> None:
        named = ask.flow_object
        if named and named["id"]:
            shelf = self._store.shelf(ask.headers.get("x-sandbox-name", ""))
            with self._store.transaction():
                flow_service.touch(shelf, named["collection"], named["id"])


async def _unheard(_: Message) -> None:
    """An answer that nobody gets."""


def _instead(fault: Fault, ask: Ask) -> Response:
    """The answer that a client gets, whatever would have been answered."""
    match fault.kind:
        case "throttled" | "throttled_bare":
            headers = {"retry-after": f"{fault.retry_after_s:g}"} if fault.kind == "throttled" else {}
            return JSONResponse(refusals.THROTTLED, 429, headers)
        case "outage_html":
            return HTMLResponse(OUTAGE_PAGE, 502)
        case "garbled" | "ims_html":
            return HTMLResponse(OTHER_PAGE, 200)
    refusal = refusals.outage(fault.status, of_flow_service=ask.path.startswith(flow_service.SERVICE.base))
    return JSONResponse(refusal.body, refusal.status)
