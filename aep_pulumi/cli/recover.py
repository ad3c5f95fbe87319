"""`aep recover`: after a killed run, finds out which of its interrupted writes happened, and puts that into the stack's state."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._stack import OURS, Json, Stack
from aep_pulumi.client import platform_for, sandboxes, tell
from aep_pulumi.client.collection import Stored
from aep_pulumi.errors import AepError
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._once import Note
from aep_pulumi.resources._provider import Provider
from aep_pulumi.settings import Settings

_PROVIDER = "__provider"
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - how Pulumi marks one, see its state's format
_CLOCKS_S = 5.0
"""How far this machine's clock and Platform's may have lain apart when the run was killed, beyond what is known of it."""
_DID_NOT_HAPPEN = "it did not happen: the next `pulumi up` makes it"
_AS_YOU_SAY = "as you say, it did not happen: the next `pulumi up` makes it"
_DAY_S = 86_400.0
"""How long before the last save of a state a create may have begun."""


@dataclass(frozen=True)
class Found:
    """An interrupted write, and what became of it."""

    operation: str
    kind: str
    name: str
    outcome: str
    """`adopted`, `cleared` or `unclear`."""
    id: str
    words: str


@dataclass(frozen=True)
class Said:
    """What a person says of unclear creates."""

    adopt: frozenset[str] = frozenset()
    """Ids of objects that they made."""
    clear: frozenset[str] = frozenset()
    """Names of those that made nothing, each as `NAME` or `Kind:NAME`."""


NOTHING_SAID = Said()


@click.command(name="recover")
@click.option("--stack", help="The stack; the selected one unless said.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--adopt", multiple=True, metavar="ID", help="Where it is unclear: this object is what the create made.")
@click.option("--clear", multiple=True, metavar="NAME", help="Where it is unclear: this create made nothing. NAME or Kind:NAME.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
def command(stack: str | None, *, dry_run: bool, adopt: tuple[str, ...], clear: tuple[str, ...], as_json: bool) -> None:
    """Settle the interrupted writes of a killed run: adopt what happened, clear what did not.

    Run `pulumi cancel` first, and `pulumi up` after. Exit code 1 where something is unclear: then nothing is changed.
    """
    pulumi = Stack(stack)
    said = Said(frozenset(adopt), frozenset(clear))
    state, found, notes = recovered(pulumi.export(), pulumi.config(), said)
    unclear = [each for each in found if each.outcome == "unclear"]
    _refuse_misspelt(said, found)
    if found and not dry_run and not unclear:
        pulumi.replace(state)
        for note in notes:
            note.remove()
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "operations": [asdict(each) for each in found]}))
    else:
        _print(found, dry_run=dry_run)
    for note in notes:
        note.release()
    if unclear:
        raise AepError(
            f"{len(unclear)} of {len(found)} interrupted writes are unclear, so nothing was changed: see the table, and say what "
            "became of them with --adopt ID or --clear NAME"
        )


def recovered(exported: Json, config: Mapping[str, str], said: Said = NOTHING_SAID) -> tuple[Json, list[Found], list[Note]]:
    """The state without pending operations, what became of each, and the notes on disk of those that are settled.

    Args:
        exported: a state, as `pulumi stack export` prints it. It is not changed.
        config: the stack's config in clear, keys with their namespace.
        said: what a person says of unclear ones.
    """
    state = copy.deepcopy(exported)
    deployment = state["deployment"]
    known = {str(resource.get("id")) for resource in deployment.get("resources") or []}
    since_s = _epoch_s(deployment.get("manifest", {}).get("time", "")) - _CLOCKS_S
    found: list[Found] = []
    notes: list[Note] = []
    waited = False
    for pending in deployment.pop("pending_operations", None) or []:
        outcome, adopted, note = _settle(pending, config, since_s, known, said)
        if not waited and (outcome.words == _DID_NOT_HAPPEN or (adopted is not None and _may_be_gone(pending, config))):
            # Once for all that follow: what is read may lag behind what was written right before the kill.
            _wait(config)
            waited = True
            if note is not None:
                note.release()
            outcome, adopted, note = _settle(pending, config, since_s, known, said)
        found.append(outcome)
        if adopted is not None:
            known.add(adopted["id"])
            deployment["resources"] = _with(adopted, deployment.get("resources") or [])
        if note is not None and (adopted is not None or outcome.words == _AS_YOU_SAY):
            notes.append(note)
        elif note is not None:
            note.release()  # it stays: the next `up` looks first
    return state, found, notes


def _with(adopted: Json, resources: list[Json]) -> list[Json]:
    """The resources with one more, as the engine leaves them.

    A successor stands before its predecessor: whatever depends on the URN comes after. A predecessor that the engine has deleted
    already stands for what is to be replaced, and goes; one that is still there is to be deleted.
    """
    urn = adopted["urn"]
    at = next((place for place, each in enumerate(resources) if each["urn"] == urn), len(resources))
    rest = [each for each in resources[at:] if each["urn"] != urn or not each.get("pendingReplacement")]
    return [*resources[:at], adopted, *(each | {"delete": True} if each["urn"] == urn else each for each in rest)]


def _may_be_gone(pending: Json, config: Mapping[str, str]) -> bool:
    """Whether the killed run may have taken back at last what it made."""
    resource = pending["resource"]
    provider = _provider(str(resource["type"]).removeprefix(OURS), config)
    return provider is not None and bool(provider.set_after)


def _wait(config: Mapping[str, str]) -> None:
    settings = Settings.read(config)
    tell(f"aep recover: waiting {settings.settle_s:g} s (aep:settleS), for as long may a read lag behind a write")
    platform_for(settings).pause(settings.settle_s)


def _settle(
    pending: Json, config: Mapping[str, str], since_s: float, known: set[str], said: Said
) -> tuple[Found, Json | None, Note | None]:
    resource, operation = pending["resource"], str(pending["type"])
    kind = str(resource["type"]).removeprefix(OURS)
    name = str(resource["urn"]).rpartition("::")[2]

    def became(outcome: str, words: str, object_id: str = "") -> Found:
        return Found(operation, kind, name, outcome, object_id, words)

    if operation != "creating" or not str(resource["type"]).startswith(OURS):
        # Its object stands in the state: the next `up` finds out what it has become, and does again what is not done.
        return became("cleared", "the next `pulumi up` does it again", str(resource.get("id", ""))), None, None
    is_cleared = bool({name, f"{kind}:{name}"} & said.clear)
    provider = _provider(kind, config)
    if provider is None:
        strange = f"this version knows no such kind: look on Platform, then --clear {kind}:{name}"
        return became("cleared", _AS_YOU_SAY) if is_cleared else became("unclear", strange), None, None
    note, sure, possible = _candidates(provider, resource, since_s, known)
    meant = [each for each in (*sure, *possible) if each.id in said.adopt]
    if not meant and is_cleared:
        return became("cleared", _AS_YOU_SAY), None, note
    candidates = meant or sure
    if not candidates and not possible:
        return became("cleared", _DID_NOT_HAPPEN), None, note
    if len(candidates) != 1:
        ids = ", ".join(each.id for each in candidates or possible)
        why = "several may be it" if candidates else "the same, but made before the state was last saved"
        return became("unclear", f"{why}: --adopt the one that it is, or --clear {kind}:{name}", ids), None, note
    adopted = _adopted(provider, resource, candidates[0])
    happened = became("adopted", "it happened: it is in the state now", candidates[0].id)
    return happened if adopted is not None else became("cleared", _DID_NOT_HAPPEN), adopted, note


def _adopted(provider: Provider[Any, Any], resource: Json, stored: Stored) -> Json | None:
    """A resource as the state has it once it is made; None where Platform has it no more."""
    # What Platform does not tell yet is as a create leaves it.
    left = {field: provider.inputs.model_fields[field].default for field in provider.set_after}
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


def _candidates(
    provider: Provider[Any, Any], resource: Json, since_s: float, known: set[str]
) -> tuple[Note, list[Stored], list[Stored]]:
    """The objects that this very create has made, as far as is known when it began, and those that it may have made.

    The engine dates a state anew at each save: a create that was under way while others ended may be older than that. The note
    on disk knows, where the run was on this machine.
    """
    values = _plain({key: value for key, value in resource["inputs"].items() if key != _PROVIDER})
    wanted, problems = provider.inputs.read(values)
    if wanted is None:
        raise AepError(f"{provider.subject(values)}: the state holds inputs that this version refuses: {problems[0].path}")
    platform = provider.platform
    # Platform's clock is known once it has answered.
    sandboxes.sandbox(platform, platform.settings.sandbox)
    ahead_s = platform.now() - datetime.now().timestamp()  # noqa: DTZ005 - epoch seconds have no zone
    note = Note(platform.settings, provider.content(wanted))
    body = provider.to_wire(wanted, provider.decided(wanted, {}))
    surely_s = since_s + ahead_s if note.since_s is None else note.since_s
    begun = [
        each for each in provider.made_since(wanted, body, min(surely_s, since_s + ahead_s - _DAY_S)) if each.id not in known
    ]
    sure = [each for each in begun if each.made_at_s is None or each.made_at_s >= surely_s]
    return note, sure, [] if note.since_s is not None else [each for each in begun if each not in sure]


def _refuse_misspelt(said: Said, found: list[Found]) -> None:
    """Refuse what a person says of no interrupted write."""
    ids = {each.id for each in found if each.outcome == "adopted"}
    names = {name for each in found for name in (each.name, f"{each.kind}:{each.name}")}
    for option, words in (("--adopt", sorted(said.adopt - ids)), ("--clear", sorted(said.clear - names))):
        if words:
            raise AepError(
                f"{option} {words[0]} is said of no interrupted write, so nothing was changed: see `aep recover --dry-run`"
            )


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
        if _SECRET in value:
            return json.loads(value["plaintext"]) if "plaintext" in value else "[secret]"
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _holds_secret(value: Any) -> bool:  # noqa: ANN401 - any property value
    if isinstance(value, dict):
        return _SECRET in value or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _epoch_s(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return 0.0


def _rows(found: list[Found]) -> Iterator[tuple[str, ...]]:
    for each in found:
        yield each.operation, each.kind, each.name, each.outcome, each.id, each.words


def _print(found: list[Found], *, dry_run: bool) -> None:
    if not found:
        click.echo("No interrupted write in the state: there is nothing to recover.")
        return
    columns = ("Interrupted", "Kind", "Name", "Outcome", "Platform id", "")
    _terminal.console().print(_terminal.table(columns, _rows(found)))
    click.echo("A dry run: nothing was changed." if dry_run else "Now run `pulumi up`.")
