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
from aep_pulumi.client import sandboxes
from aep_pulumi.client.collection import Stored
from aep_pulumi.errors import AepError
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._provider import Provider

_PROVIDER = "__provider"
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - how Pulumi marks one, see its state's format
_CLOCKS_S = 5.0
"""How far this machine's clock and Platform's may have lain apart when the run was killed, beyond what is known of it."""


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


@click.command(name="recover")
@click.option("--stack", help="The stack; the selected one unless said.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
def command(stack: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Settle the interrupted writes of a killed run: adopt what happened, clear what did not.

    Run `pulumi cancel` first, and `pulumi up` after. Exit code 1 where something is unclear: then nothing is changed.
    """
    pulumi = Stack(stack)
    state, found = recovered(pulumi.export(), pulumi.config())
    unclear = [each for each in found if each.outcome == "unclear"]
    if found and not dry_run and not unclear:
        pulumi.replace(state)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "operations": [asdict(each) for each in found]}))
    else:
        _print(found, dry_run=dry_run)
    if unclear:
        raise AepError(f"{len(unclear)} of {len(found)} interrupted writes are unclear, so nothing was changed: see the table")


def recovered(exported: Json, config: Mapping[str, str]) -> tuple[Json, list[Found]]:
    """The state without pending operations, and what became of each.

    Args:
        exported: a state, as `pulumi stack export` prints it. It is not changed.
        config: the stack's config in clear, keys with their namespace.
    """
    state = copy.deepcopy(exported)
    deployment = state["deployment"]
    known = {str(resource.get("id")) for resource in deployment.get("resources") or []}
    since_s = _epoch_s(deployment.get("manifest", {}).get("time", "")) - _CLOCKS_S
    found: list[Found] = []
    for pending in deployment.pop("pending_operations", None) or []:
        outcome, adopted = _settle(pending, config, since_s, known)
        found.append(outcome)
        if adopted is not None:
            known.add(adopted["id"])
            deployment.setdefault("resources", []).append(adopted)
    return state, found


def _settle(pending: Json, config: Mapping[str, str], since_s: float, known: set[str]) -> tuple[Found, Json | None]:
    resource, operation = pending["resource"], str(pending["type"])
    kind = str(resource["type"]).removeprefix(OURS)
    name = str(resource["urn"]).rpartition("::")[2]
    if operation != "creating" or not str(resource["type"]).startswith(OURS):
        # Its object stands in the state: the next `up` finds out what it has become, and does again what is not done.
        return Found(operation, kind, name, "cleared", str(resource.get("id", "")), "the next `pulumi up` does it again"), None
    provider = _provider(kind, config)
    if provider is None:
        return Found(operation, kind, name, "unclear", "", "this version knows no such kind"), None
    candidates = [each for each in _candidates(provider, resource, since_s) if each.id not in known]
    if not candidates:
        return Found(operation, kind, name, "cleared", "", "it did not happen: the next `pulumi up` makes it"), None
    if len(candidates) > 1:
        ids = ", ".join(each.id for each in candidates)
        return Found(operation, kind, name, "unclear", ids, "several may be it: delete those that nobody refers to"), None
    stored = candidates[0]
    read = provider.read(stored.id, {**_plain(resource["inputs"]), **provider.told(stored)})
    ours = {_PROVIDER: resource["inputs"][_PROVIDER]}
    outputs = {**(read.outs or {}), **ours}
    # Secrets stay as the state has them: encrypted.
    said = resource["inputs"]
    outputs = {key: said[key] if _holds_secret(said.get(key)) else value for key, value in outputs.items()}
    inputs = {
        key: value if _holds_secret(value) or key == _PROVIDER or read.inputs is None else read.inputs.get(key, value)
        for key, value in resource["inputs"].items()
    }
    adopted = {**resource, "id": stored.id, "custom": True, "inputs": inputs, "outputs": outputs}
    return Found(operation, kind, name, "adopted", stored.id, "it happened: it is in the state now"), adopted


def _candidates(provider: Provider[Any, Any], resource: Json, since_s: float) -> list[Stored]:
    """The objects that this very create may have made."""
    values = _plain({key: value for key, value in resource["inputs"].items() if key != _PROVIDER})
    wanted, problems = provider.inputs.read(values)
    if wanted is None:
        raise AepError(f"{provider.subject(values)}: the state holds inputs that this version refuses: {problems[0].path}")
    # Platform's clock is known once it has answered.
    sandboxes.sandbox(provider.platform, provider.platform.settings.sandbox)
    ahead_s = provider.platform.now() - datetime.now().timestamp()  # noqa: DTZ005 - epoch seconds have no zone
    return provider.made_since(wanted, provider.to_wire(wanted, provider.decided(wanted, {})), since_s + ahead_s)


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
