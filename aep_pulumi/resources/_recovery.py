"""Recovery: resolves the creates that a killed or failed run left pending, and updates the stack's state accordingly.

A killed engine leaves pending operations in the stack's state, with all inputs and the mark of each create. A killed provider, or
a create with an ambiguous outcome, leaves an entry in the journal. As in `_once`, an object is adopted only on proof that no
other request created it; otherwise the user decides.
"""

import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from aep_pulumi.client import client_for, sandboxes, warn
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.engine_values import MASKED, SIGNATURE
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.journals.entries import Candidate, Entry, Journal, await_others, digest, of_stack
from aep_pulumi.journals.here import this_backend
from aep_pulumi.kinds import TYPE_PREFIX
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._create_request import stack_of
from aep_pulumi.resources._creating import MARK
from aep_pulumi.resources._once import described
from aep_pulumi.resources._provider import Provider
from aep_pulumi.settings import Settings

Json: TypeAlias = dict[str, Any]
C = TypeVar("C", RemoteObject, Candidate)

ADOPTED, CLEARED, UNCLEAR, PENDING, DECIDED = "adopted", "cleared", "unclear", "pending", "decided"

_PROVIDER = "__provider"
_CLOCK_ERROR_S = 5.0
"""The tolerance for a change of the difference between this machine's clock and Platform's since the run was killed."""
_DAY_S = 86_400.0
"""The maximum time between the start of a create and the last save of the state."""
_DID_NOT_HAPPEN = "it did not happen: the next `pulumi up` creates it"
_AS_DECIDED = "cleared as requested: the next `pulumi up` creates it"


@dataclass(frozen=True)
class Decisions:
    """The user's decisions about unclear creates."""

    adopt: frozenset[str] = frozenset()
    """Ids of objects that they created, each as `ID`, `NAME=ID` or `Kind:NAME=ID`."""
    clear: frozenset[str] = frozenset()
    """Names of those that created nothing, each as `NAME` or `Kind:NAME`."""


NO_DECISIONS = Decisions()


@dataclass(frozen=True)
class InterruptedWrite:
    """A write that was interrupted, and its outcome."""

    operation: str
    kind: str
    name: str
    outcome: str
    """`adopted`, `cleared` or `unclear`; for a journal entry without a pending operation also `decided` (the next `pulumi up`
    adopts the object) or `pending` (the next `pulumi up` looks it up)."""
    id: str
    words: str
    candidates: tuple[Candidate, ...] = ()
    """The objects that it may have created, if the outcome is unclear."""


@dataclass
class Recovery:
    """The result of a recovery, whose effects are applied by `write_journal`."""

    state: Json
    """The state without the pending operations whose outcome is known."""
    _journal: Journal
    writes: list[InterruptedWrite] = field(default_factory=list)
    _effects: list[Callable[[], None]] = field(default_factory=list)
    _held: list[Entry] = field(default_factory=list)

    @property
    def unclear(self) -> list[InterruptedWrite]:
        """The writes that the user must decide."""
        return [each for each in self.writes if each.outcome == UNCLEAR]

    def write_journal(self) -> None:
        """Write the outcomes to the journal. Call it after the state is saved."""
        for effect in self._effects:
            effect()

    def release(self) -> None:
        """Release the journal's entries."""
        for entry in self._held:
            self._journal.release(entry)


def recover(
    exported: Json, config: Mapping[str, str], journal: Journal, decisions: Decisions = NO_DECISIONS, stack: str = ""
) -> Recovery:
    """Determine the outcome of every interrupted write of a stack, without changing anything.

    Args:
        exported: the stack's state, as `pulumi stack export` prints it.
        config: the stack's config with decrypted secrets, keys with their namespace.
        journal: the record of pending creates.
        decisions: the user's decisions about unclear ones.
        stack: the stack, as `project/stack`, for a state without resources.
    """
    return _Recovering(exported, config, journal, decisions, stack).run()


class _Recovering:
    def __init__(self, exported: Json, config: Mapping[str, str], journal: Journal, decisions: Decisions, stack: str) -> None:
        self._config, self._journal, self._decisions = config, journal, decisions
        self._stack = next(_stacks(exported), stack)
        state = copy.deepcopy(exported)
        self._deployment: Json = state.get("deployment") or {}
        self._known = {str(resource.get("id")) for resource in self._deployment.get("resources") or []}
        self._saved_s = _epoch_s(self._deployment.get("manifest", {}).get("time", "")) - _CLOCK_ERROR_S
        self._result = Recovery(state, journal)
        self._has_waited = False

    def run(self) -> Recovery:
        operations = self._deployment.pop("pending_operations", None) or []
        mine = (self._stack, this_backend())
        # The killed run may have been a moment ago, or on a machine of which it is not known yet that it has ended.
        await_others(self._journal.pending, lambda entry: (entry.stack, entry.backend) == mine, self._journal, time.sleep)
        for pending in operations:
            write = self._operation(pending)
            self._result.writes.append(write)
            if write.outcome == UNCLEAR:
                self._deployment.setdefault("pending_operations", []).append(pending)
        self._entries({str(pending["resource"]["urn"]) for pending in operations})
        return self._result

    # -- pending operations of the state --------------------------------------------------------------------------------

    def _operation(self, pending: Json) -> InterruptedWrite:
        resource, operation = pending["resource"], str(pending["type"])
        type_ = str(resource["type"])
        write = InterruptedWrite(
            operation, type_.removeprefix(TYPE_PREFIX), str(resource["urn"]).rpartition("::")[2], CLEARED, "", _DID_NOT_HAPPEN
        )
        if operation != "creating" or not type_.startswith(TYPE_PREFIX):
            # Its object is in the state: the next `up` compares it and repeats what was not done.
            return replace(write, id=str(resource.get("id", "")), words="the next `pulumi up` repeats it")
        provider = _provider(write.kind, self._config)
        if provider is None:
            if self._is_cleared(write):
                return replace(write, words=_AS_DECIDED)
            words = f"this version does not know this kind: check on Platform, then --clear {write.kind}:{write.name}"
            return replace(write, outcome=UNCLEAR, words=words)
        return self._create(write, resource, provider)

    def _create(self, write: InterruptedWrite, resource: Json, provider: Provider[Any, Any]) -> InterruptedWrite:
        search = _Search(provider, resource, self._journal, self._saved_s, self._known)
        self._result._held += search.entries  # noqa: SLF001 - this class fills it
        needs_wait = search.is_undecided or bool(provider.set_after)
        if not self._has_waited and (not search.candidates or needs_wait):
            # Once for all operations: reads may not return what was written right before the kill.
            self._wait()
            search.run()
        chosen = self._chosen(write, search.candidates)
        if not chosen and self._is_cleared(write):
            self._result._effects += [lambda each=each: self._journal.withdraw(each) for each in search.entries]  # type: ignore[misc]  # noqa: SLF001
            return replace(write, words=_AS_DECIDED)
        adopted = chosen or search.proven
        if not adopted and not search.candidates:
            return write
        if len(adopted) != 1:
            return self._unclear(write, search.candidates)
        made = _adopted(provider, resource, adopted[0])
        if made is None:
            return write
        self._known.add(made["id"])
        self._deployment["resources"] = _insert(made, self._deployment.get("resources") or [])
        self._result._effects += [lambda each=each: self._journal.complete(each, made["id"]) for each in search.entries]  # type: ignore[misc]  # noqa: SLF001
        return replace(write, outcome=ADOPTED, id=made["id"], words="it was created: it is added to the state")

    def _wait(self) -> None:
        settings = Settings.read(self._config)
        warn(f"aep recover: waiting {settings.settle_s:g} s (aep:settleS) for eventual consistency")
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
                self._result.writes.append(self._entry(entry))

    def _entry(self, entry: Entry) -> InterruptedWrite:
        write = InterruptedWrite(
            "creating", entry.kind, entry.name, PENDING, "", "the next `pulumi up` looks up whether it was created"
        )
        others = {each.object_id for each in self._journal.completed()} | self._known
        candidates = [each for each in entry.candidates if each.id not in others]
        effects = self._result._effects  # noqa: SLF001
        if chosen := self._chosen(write, candidates):
            effects.append(lambda: self._journal.update(replace(entry, adopt=chosen[0].id)))
            return self._decided(write, chosen[0].id)
        if self._is_cleared(write):
            effects.append(lambda: self._journal.withdraw(entry))
            return replace(write, outcome=CLEARED, words=_AS_DECIDED)
        if entry.adopt:
            return self._decided(write, entry.adopt)
        return self._unclear(write, candidates) if candidates else write

    def _decided(self, write: InterruptedWrite, object_id: str) -> InterruptedWrite:
        words = (
            f"the next `pulumi up` adopts it; if the program no longer declares this resource, --clear {write.kind}:{write.name}"
        )
        return replace(write, outcome=DECIDED, id=object_id, words=words)

    # -- decisions ------------------------------------------------------------------------------------------------------

    def _chosen(self, write: InterruptedWrite, candidates: Sequence[C]) -> list[C]:
        """The object that the user chose for this create. Each object belongs to one create."""
        for each in candidates:
            spellings = {each.id, f"{write.name}={each.id}", f"{write.kind}:{write.name}={each.id}"}
            if spellings & self._decisions.adopt and each.id not in self._known:
                self._known.add(each.id)
                return [each]
        return []

    def _is_cleared(self, write: InterruptedWrite) -> bool:
        return bool({write.name, f"{write.kind}:{write.name}"} & self._decisions.clear)

    def _unclear(self, write: InterruptedWrite, objects: Sequence[RemoteObject | Candidate]) -> InterruptedWrite:
        candidates = tuple(Candidate(each.id, each.made_at_s, each.made_by) for each in objects)
        which = "it" if len(candidates) == 1 else "one of them"
        words = (
            f"{described(candidates)}: this stack or another may have created {which}: use --adopt with the id if it was this "
            f"one, otherwise --clear {write.kind}:{write.name}"
        )
        return replace(write, outcome=UNCLEAR, id=", ".join(each.id for each in candidates), words=words, candidates=candidates)


class _Search:
    """The lookup of the objects that an interrupted create may have created."""

    def __init__(self, provider: Provider[Any, Any], resource: Json, journal: Journal, saved_s: float, known: set[str]) -> None:
        self._provider, self._journal, self._known = provider, journal, known
        values = _plain({key: value for key, value in resource["inputs"].items() if key not in {_PROVIDER, MARK}})
        desired, problems = provider.inputs.read(values)
        if desired is None:
            raise AepError(
                f"{provider.subject(values)}: the state contains an input that this version rejects: {problems[0].path}"
            )
        self._desired = desired
        platform = provider.platform
        # Platform's time is known after the first response.
        sandboxes.sandbox(platform, platform.settings.sandbox)
        ahead_s = platform.now() - datetime.now().timestamp()  # noqa: DTZ005 - epoch seconds have no zone
        urn = str(resource["urn"])
        self._stack = stack_of(urn)
        self._content = digest(platform.settings, provider.content(desired))
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
        # The provider received the response, but the engine was killed before it saved it: the mark identifies the create.
        self._completed = [each for each in entries if each.object_id and mark and mark in each.marks]
        # The engine updates the state's time at each save, so a create that was in flight during a save may be older. If the run
        # was on this machine, the journal has the exact time.
        saved_s += ahead_s
        self._certain_since_s = min((each.since_s for each in self.entries), default=saved_s)
        self._since_s = min(self._certain_since_s, saved_s - _DAY_S)
        self._marks = {mark, *(each_mark for each in self.entries for each_mark in each.marks)} - {""}
        self.candidates: list[RemoteObject] = []
        self.proven: list[RemoteObject] = []
        self.run()

    @property
    def is_undecided(self) -> bool:
        """Whether there are objects that cannot be attributed."""
        return bool(self.candidates) and len(self.proven) != 1

    def run(self) -> None:
        """Query Platform."""
        provider, desired = self._provider, self._desired
        for each in self._completed:
            with suppress(NotFoundError):
                self.candidates = self.proven = [provider.read_remote(each.object_id)]
                return
        ours = {each.key for each in self.entries}
        others = [each for each in self._journal.for_content(self._content) if each.key not in ours]
        excluded = set() if provider.is_shared else self._known | {each.object_id for each in others}
        body = provider.to_wire(desired, provider.decided(desired, {}))
        candidates = [each for each in provider.created_since(desired, body, self._since_s) if each.id not in excluded]
        marked = [each for each in candidates if provider.mark_of(each) in self._marks]
        unmarked = [each for each in candidates if not provider.mark_of(each)]
        certain = [each for each in unmarked if each.made_at_s is None or each.made_at_s >= self._certain_since_s]
        self.candidates = marked or (certain if self.entries else unmarked)
        is_sole = provider.platform.settings.sole_writer and all(self._is_mine(each) for each in others)
        self.proven = marked or (self.candidates if provider.is_shared else certain if is_sole else [])

    def _is_mine(self, entry: Entry) -> bool:
        """Whether a completed create is of the same stack: its object is not a candidate, and not a sign of another writer."""
        return not entry.is_pending and (entry.stack, entry.backend) == (self._stack, this_backend())


def _insert(adopted: Json, resources: list[Json]) -> list[Json]:
    """The resources of a state with one more, in the order that the engine expects.

    A replacement is placed before the old resource, because dependents must come after the URN. If the engine has already deleted
    the old resource (`pendingReplacement`), its entry is removed; otherwise it is marked for deletion.
    """
    urn = adopted["urn"]
    at = next((place for place, each in enumerate(resources) if each["urn"] == urn), len(resources))
    rest = [each for each in resources[at:] if each["urn"] != urn or not each.get("pendingReplacement")]
    return [*resources[:at], adopted, *(each | {"delete": True} if each["urn"] == urn else each for each in rest)]


def _adopted(provider: Provider[Any, Any], resource: Json, remote: RemoteObject) -> Json | None:
    """A resource's state after its create; None if the object no longer exists on Platform."""
    # Fields that Platform does not return yet have the value that a create leaves.
    defaults = {name: provider.inputs.model_fields[name].default for name in provider.set_after}
    read = provider.read(remote.id, {**_plain(resource["inputs"]), **provider.returned_outputs(remote), **defaults})
    if read.id is None:
        return None
    ours = {_PROVIDER: resource["inputs"][_PROVIDER]}
    outputs = {**(read.outs or {}), **ours}
    # Secrets remain encrypted, as in the state.
    kept = resource["inputs"]
    outputs = {key: kept[key] if _holds_secret(kept.get(key)) else value for key, value in outputs.items()}
    inputs = {
        key: value if _holds_secret(value) or key == _PROVIDER or read.inputs is None else read.inputs.get(key, value)
        for key, value in resource["inputs"].items()
    }
    return {**resource, "id": remote.id, "custom": True, "inputs": inputs, "outputs": outputs}


def _stacks(exported: Json) -> Iterator[str]:
    """The stack of each resource in a state, as `project/stack`: all are the same."""
    deployment = exported.get("deployment") or {}
    pending = [each["resource"] for each in deployment.get("pending_operations") or []]
    for resource in (*(deployment.get("resources") or []), *pending):
        yield stack_of(str(resource["urn"]))


def _provider(kind: str, config: Mapping[str, str]) -> Provider[Any, Any] | None:
    resource_class = next((each for each in KINDS if each.__name__ == kind), None)
    if resource_class is None:
        return None
    provider = resource_class.provider()
    provider.keep(dict(config))
    return provider


def _plain(value: Any) -> Any:  # noqa: ANN401 - any property value
    """Property values without secret wrappers; encrypted values are replaced by a placeholder."""
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
