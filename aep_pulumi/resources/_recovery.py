"""Recovery: what became of the creates that a killed or failed run left, and the state that says so.

A killed engine leaves pending operations in the stack's state, with all inputs and the mark of each create. A killed provider, or
a create whose outcome nobody could prove, leaves an entry in the journal. The rule is that of `_once`: an object is adopted only
on proof that no other request made it; otherwise a person decides.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from aep_pulumi.client import client_for, sandboxes, warn
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.engine_values import MASKED, SIGNATURE
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.kinds import TYPE_PREFIX
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._create_request import stack_of
from aep_pulumi.resources._creating import MARK
from aep_pulumi.resources._journal import Candidate, Entry, Journal, digest, of_stack, this_backend
from aep_pulumi.resources._once import described
from aep_pulumi.resources._provider import Provider
from aep_pulumi.settings import Settings

Json: TypeAlias = dict[str, Any]
C = TypeVar("C", RemoteObject, Candidate)

ADOPTED, CLEARED, UNCLEAR, PENDING, DECIDED = "adopted", "cleared", "unclear", "pending", "decided"

_PROVIDER = "__provider"
_CLOCKS_S = 5.0
"""How far this machine's clock and Platform's may have differed when the run was killed, beyond what is known of it."""
_DAY_S = 86_400.0
"""How long before the last save of a state a create may have begun."""
_DID_NOT_HAPPEN = "it did not happen: the next `pulumi up` makes it"
_AS_DECIDED = "as you decided, it made nothing of this stack's: the next `pulumi up` makes it"


@dataclass(frozen=True)
class Decisions:
    """What a person decides about unclear creates."""

    adopt: frozenset[str] = frozenset()
    """Ids of objects that they made, each as `ID`, `NAME=ID` or `Kind:NAME=ID`."""
    clear: frozenset[str] = frozenset()
    """Names of those that made nothing, each as `NAME` or `Kind:NAME`."""


NO_DECISIONS = Decisions()


@dataclass(frozen=True)
class Settlement:
    """A write that was interrupted, and what became of it."""

    operation: str
    kind: str
    name: str
    outcome: str
    """`adopted`, `cleared` or `unclear`; without a pending operation also `decided` (the next `pulumi up` takes the object over)
    or `pending` (the next `pulumi up` looks it up)."""
    id: str
    words: str
    candidates: tuple[Candidate, ...] = ()
    """What it may have made, where that is unclear."""


@dataclass
class Recovery:
    """What a recovery found out, and what remains to be done once it is decided to be done."""

    state: Json
    """The state without the pending operations that are settled."""
    _journal: Journal
    settlements: list[Settlement] = field(default_factory=list)
    _effects: list[Callable[[], None]] = field(default_factory=list)
    _held: list[Entry] = field(default_factory=list)

    @property
    def unclear(self) -> list[Settlement]:
        """Those that a person must decide."""
        return [each for each in self.settlements if each.outcome == UNCLEAR]

    def settle(self) -> None:
        """Write the outcomes into the journal: after the state is written."""
        for effect in self._effects:
            effect()

    def release(self) -> None:
        """Let go of the journal's entries."""
        for entry in self._held:
            self._journal.release(entry)


def recover(
    exported: Json, config: Mapping[str, str], journal: Journal, decisions: Decisions = NO_DECISIONS, stack: str = ""
) -> Recovery:
    """Find out what became of every interrupted write of a stack. Nothing is changed.

    Args:
        exported: the stack's state, as `pulumi stack export` prints it.
        config: the stack's config in clear, keys with their namespace.
        journal: where pending creates are recorded.
        decisions: what a person decides about unclear ones.
        stack: the stack, as `project/stack`, where the state holds no resource that names it.
    """
    return _Recovering(exported, config, journal, decisions, stack).run()


class _Recovering:
    def __init__(self, exported: Json, config: Mapping[str, str], journal: Journal, decisions: Decisions, stack: str) -> None:
        self._config, self._journal, self._decisions = config, journal, decisions
        self._stack = next(_stacks(exported), stack)
        state = copy.deepcopy(exported)
        self._deployment: Json = state.get("deployment") or {}
        self._known = {str(resource.get("id")) for resource in self._deployment.get("resources") or []}
        self._saved_s = _epoch_s(self._deployment.get("manifest", {}).get("time", "")) - _CLOCKS_S
        self._result = Recovery(state, journal)
        self._has_waited = False

    def run(self) -> Recovery:
        operations = self._deployment.pop("pending_operations", None) or []
        for pending in operations:
            settlement = self._operation(pending)
            self._result.settlements.append(settlement)
            if settlement.outcome == UNCLEAR:
                self._deployment.setdefault("pending_operations", []).append(pending)
        self._entries({str(pending["resource"]["urn"]) for pending in operations})
        return self._result

    # -- pending operations of the state --------------------------------------------------------------------------------

    def _operation(self, pending: Json) -> Settlement:
        resource, operation = pending["resource"], str(pending["type"])
        type_ = str(resource["type"])
        settlement = Settlement(
            operation, type_.removeprefix(TYPE_PREFIX), str(resource["urn"]).rpartition("::")[2], CLEARED, "", _DID_NOT_HAPPEN
        )
        if operation != "creating" or not type_.startswith(TYPE_PREFIX):
            # Its object stands in the state: the next `up` finds out what it has become, and does again what is not done.
            return replace(settlement, id=str(resource.get("id", "")), words="the next `pulumi up` does it again")
        provider = _provider(settlement.kind, self._config)
        if provider is None:
            if self._is_cleared(settlement):
                return replace(settlement, words=_AS_DECIDED)
            words = f"this version knows no such kind: look on Platform, then --clear {settlement.kind}:{settlement.name}"
            return replace(settlement, outcome=UNCLEAR, words=words)
        return self._create(settlement, resource, provider)

    def _create(self, settlement: Settlement, resource: Json, provider: Provider[Any, Any]) -> Settlement:
        search = _Search(provider, resource, self._journal, self._saved_s, self._known)
        self._result._held += search.entries  # noqa: SLF001 - this class fills it
        lag_matters = search.is_undecided or bool(provider.set_after)
        if not self._has_waited and (not search.found or lag_matters):
            # Once for all that follow: a read may lag behind what was written right before the kill.
            self._wait()
            search.look()
        chosen = self._chosen(settlement, search.found)
        if not chosen and self._is_cleared(settlement):
            self._result._effects += [lambda each=each: self._journal.withdraw(each) for each in search.entries]  # type: ignore[misc]  # noqa: SLF001
            return replace(settlement, words=_AS_DECIDED)
        adopted = chosen or search.proven
        if not adopted and not search.found:
            return settlement
        if len(adopted) != 1:
            return self._unclear(settlement, search.found)
        made = _adopted(provider, resource, adopted[0])
        if made is None:
            return settlement
        self._known.add(made["id"])
        self._deployment["resources"] = _with(made, self._deployment.get("resources") or [])
        self._result._effects += [lambda each=each: self._journal.complete(each, made["id"]) for each in search.entries]  # type: ignore[misc]  # noqa: SLF001
        return replace(settlement, outcome=ADOPTED, id=made["id"], words="it happened: it is in the state now")

    def _wait(self) -> None:
        settings = Settings.read(self._config)
        warn(f"aep recover: waiting {settings.settle_s:g} s (aep:settleS): a read may lag behind a write for so long")
        client_for(settings).pause(settings.settle_s)
        self._has_waited = True

    # -- entries of the journal without a pending operation -------------------------------------------------------------

    def _entries(self, operations: set[str]) -> None:
        if not self._stack:
            return
        held = {entry.key for entry in self._result._held}  # noqa: SLF001
        for entry in of_stack(self._journal.pending(), Settings.read(self._config), self._stack):
            if entry.urn not in operations and entry.key not in held and self._journal.inherit(entry):
                self._result._held.append(entry)  # noqa: SLF001
                self._result.settlements.append(self._entry(entry))

    def _entry(self, entry: Entry) -> Settlement:
        settlement = Settlement("creating", entry.kind, entry.name, PENDING, "", "the next `pulumi up` looks up what it made")
        others = {each.object_id for each in self._journal.completed()} | self._known
        candidates = [each for each in entry.candidates if each.id not in others]
        effects = self._result._effects  # noqa: SLF001
        if chosen := self._chosen(settlement, candidates):
            effects.append(lambda: self._journal.update(replace(entry, adopt=chosen[0].id)))
            return self._decided(settlement, chosen[0].id)
        if self._is_cleared(settlement):
            effects.append(lambda: self._journal.withdraw(entry))
            return replace(settlement, outcome=CLEARED, words=_AS_DECIDED)
        if entry.adopt:
            return self._decided(settlement, entry.adopt)
        return self._unclear(settlement, candidates) if candidates else settlement

    def _decided(self, settlement: Settlement, object_id: str) -> Settlement:
        words = (
            "the next `pulumi up` takes it over; if the program does not declare this resource any more, "
            f"--clear {settlement.kind}:{settlement.name}"
        )
        return replace(settlement, outcome=DECIDED, id=object_id, words=words)

    # -- decisions ------------------------------------------------------------------------------------------------------

    def _chosen(self, settlement: Settlement, found: Sequence[C]) -> list[C]:
        """The object that a person says this create made: each object is one create's."""
        for each in found:
            spellings = {each.id, f"{settlement.name}={each.id}", f"{settlement.kind}:{settlement.name}={each.id}"}
            if spellings & self._decisions.adopt and each.id not in self._known:
                self._known.add(each.id)
                return [each]
        return []

    def _is_cleared(self, settlement: Settlement) -> bool:
        return bool({settlement.name, f"{settlement.kind}:{settlement.name}"} & self._decisions.clear)

    def _unclear(self, settlement: Settlement, found: Sequence[RemoteObject | Candidate]) -> Settlement:
        candidates = tuple(Candidate(each.id, each.made_at_s, each.made_by) for each in found)
        which = "it" if len(candidates) == 1 else "one of them"
        words = (
            f"{described(candidates)}: this stack may have made {which}, or another: --adopt the id if it was this one, else "
            f"--clear {settlement.kind}:{settlement.name}"
        )
        return replace(
            settlement, outcome=UNCLEAR, id=", ".join(each.id for each in candidates), words=words, candidates=candidates
        )


class _Search:
    """What one interrupted create may have made."""

    def __init__(self, provider: Provider[Any, Any], resource: Json, journal: Journal, saved_s: float, known: set[str]) -> None:
        self._provider, self._journal, self._known = provider, journal, known
        values = _plain({key: value for key, value in resource["inputs"].items() if key not in {_PROVIDER, MARK}})
        wanted, problems = provider.inputs.read(values)
        if wanted is None:
            raise AepError(f"{provider.subject(values)}: the state holds inputs that this version rejects: {problems[0].path}")
        self._wanted = wanted
        platform = provider.platform
        # Platform's clock is known once it has answered.
        sandboxes.sandbox(platform, platform.settings.sandbox)
        ahead_s = platform.now() - datetime.now().timestamp()  # noqa: DTZ005 - epoch seconds have no zone
        urn = str(resource["urn"])
        self._stack = stack_of(urn)
        self._content = digest(platform.settings, provider.content(wanted))
        entries = journal.for_content(self._content)
        mark = str(resource["inputs"].get(MARK) or "")
        self.entries = [
            each
            for each in entries
            if each.is_pending
            and not each.is_alive
            and ((each.urn, each.backend) == (urn, this_backend()) or not each.urn)
            and journal.inherit(each)
        ]
        # The provider heard the answer, and the engine died before it saved it: the mark says whose create it was.
        self._completed = [each for each in entries if each.object_id and mark and mark in each.marks]
        # The engine dates a state anew at each save: a create that was in flight while others ended may be older than that. The
        # journal knows, where the run was on this machine.
        saved_s += ahead_s
        self._surely_s = min((each.since_s for each in self.entries), default=saved_s)
        self._since_s = min(self._surely_s, saved_s - _DAY_S)
        self._marks = {mark, *(each_mark for each in self.entries for each_mark in each.marks)} - {""}
        self.found: list[RemoteObject] = []
        self.proven: list[RemoteObject] = []
        self.look()

    @property
    def is_undecided(self) -> bool:
        """Whether something was found that nobody can attribute."""
        return bool(self.found) and len(self.proven) != 1

    def look(self) -> None:
        """Look on Platform."""
        provider, wanted = self._provider, self._wanted
        for each in self._completed:
            with suppress(NotFoundError):
                self.found = self.proven = [provider.stored(each.object_id)]
                return
        ours = {each.key for each in self.entries}
        others = [each for each in self._journal.for_content(self._content) if each.key not in ours]
        excluded = set() if provider.is_shared else self._known | {each.object_id for each in others}
        body = provider.to_wire(wanted, provider.decided(wanted, {}))
        found = [each for each in provider.created_since(wanted, body, self._since_s) if each.id not in excluded]
        marked = [each for each in found if provider.mark_of(each) in self._marks]
        unmarked = [each for each in found if not provider.mark_of(each)]
        sure = [each for each in unmarked if each.made_at_s is None or each.made_at_s >= self._surely_s]
        self.found = marked or (sure if self.entries else unmarked)
        is_sole = provider.platform.settings.sole_writer and all(self._is_mine(each) for each in others)
        self.proven = marked or (self.found if provider.is_shared else sure if is_sole else [])

    def _is_mine(self, entry: Entry) -> bool:
        """Whether a completed create is of the same stack: what it made is no candidate, and no sign of another writer."""
        return not entry.is_pending and (entry.stack, entry.backend) == (self._stack, this_backend())


def _with(adopted: Json, resources: list[Json]) -> list[Json]:
    """The resources with one more, as the engine leaves them.

    A successor stands before its predecessor: whatever depends on the URN comes after. A predecessor that the engine has deleted
    already stands for what is to be replaced, and goes; one that is still there is to be deleted.
    """
    urn = adopted["urn"]
    at = next((place for place, each in enumerate(resources) if each["urn"] == urn), len(resources))
    rest = [each for each in resources[at:] if each["urn"] != urn or not each.get("pendingReplacement")]
    return [*resources[:at], adopted, *(each | {"delete": True} if each["urn"] == urn else each for each in rest)]


def _adopted(provider: Provider[Any, Any], resource: Json, stored: RemoteObject) -> Json | None:
    """A resource as the state has it once it is made; None where Platform does not have it any more."""
    # What Platform does not report yet is as a create leaves it.
    left = {name: provider.inputs.model_fields[name].default for name in provider.set_after}
    read = provider.read(stored.id, {**_plain(resource["inputs"]), **provider.told(stored), **left})
    if read.id is None:
        return None
    ours = {_PROVIDER: resource["inputs"][_PROVIDER]}
    outputs = {**(read.outs or {}), **ours}
    # Secrets stay as the state has them: encrypted.
    kept = resource["inputs"]
    outputs = {key: kept[key] if _holds_secret(kept.get(key)) else value for key, value in outputs.items()}
    inputs = {
        key: value if _holds_secret(value) or key == _PROVIDER or read.inputs is None else read.inputs.get(key, value)
        for key, value in resource["inputs"].items()
    }
    return {**resource, "id": stored.id, "custom": True, "inputs": inputs, "outputs": outputs}


def _stacks(exported: Json) -> Iterator[str]:
    """The stack of every resource in a state, as `project/stack`: the same for all."""
    deployment = exported.get("deployment") or {}
    pending = [each["resource"] for each in deployment.get("pending_operations") or []]
    for resource in (*(deployment.get("resources") or []), *pending):
        yield stack_of(str(resource["urn"]))


def _provider(kind: str, config: Mapping[str, str]) -> Provider[Any, Any] | None:
    found = next((each for each in KINDS if each.__name__ == kind), None)
    if found is None:
        return None
    provider = found.provider()
    provider.keep(dict(config))
    return provider


def _plain(value: Any) -> Any:  # noqa: ANN401 - any property value
    """Property values without the marks of secrets; what is encrypted becomes a text that stands for it."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return json.loads(value["plaintext"]) if "plaintext" in value else MASKED
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _holds_secret(value: Any) -> bool:  # noqa: ANN401 - any property value
    if isinstance(value, dict):
        return SIGNATURE in value or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _epoch_s(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return 0.0
