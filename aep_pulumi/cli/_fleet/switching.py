"""Switching: `aep fleet pause` and `aep fleet resume` differ in one word."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._fleet.options import choosing, short_names
from aep_pulumi.cli._fleet.reports import flows_on_platform, missing
from aep_pulumi.cli._fleet.sandboxes import Group, StackFlow, flows_of, grouped, in_parallel
from aep_pulumi.cli._health import DISABLED, DRAFT
from aep_pulumi.client import Client, flow_service
from aep_pulumi.errors import AepError
from aep_pulumi.fleet.selection import Selection
from aep_pulumi.models.flow_service import Flow
from aep_pulumi.review.wording import counted

TO_DO, DONE, UNCHANGED, FAILED = "to do", "changed", "unchanged", "not changed"


@dataclass(frozen=True)
class Switch:
    """A dataflow that is to be paused or resumed."""

    flow: StackFlow
    sandbox: str
    was: str
    """Its state on Platform, or ""."""
    outcome: str
    reason: str = ""
    """Why it could not be changed."""
    platform: Client | None = None


def command(*, enabled: bool) -> click.Command:
    """The command that pauses or resumes."""
    name = "resume" if enabled else "pause"

    @click.command(name=name, help=_HELP[name])
    @choosing(by_commit=False)
    @click.option("--flow", "patterns", multiple=True, help="Only these dataflows, by a name or a pattern. Repeatable.")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.option("--json", "as_json", is_flag=True, help="For machines; needs --yes.")
    def switch(*, selection: Selection, patterns: tuple[str, ...], yes: bool, as_json: bool) -> None:
        if as_json and not yes:
            raise click.UsageError("--json needs --yes: there is nobody to ask")
        _run(selection, patterns, enabled=enabled, yes=yes, as_json=as_json)

    return switch


_COMMON = """
Production sandboxes require aep:allowProduction, as for `pulumi up`. What is as it should be already is left alone, so the
command can be repeated. One that cannot be changed does not stop the others.

STACKS are names or patterns with * and ?; defaults to all. Exit codes: 0 success, 1 error, or a dataflow could not be changed.
"""
_HELP = {
    "pause": f"""Pause dataflows of many stacks: they do not run on their schedules until they are resumed.

The programs still have them enabled: after a `pulumi refresh`, the next `pulumi up` resumes them.
{_COMMON}""",
    "resume": f"""Resume dataflows of many stacks. They do not catch up on missed runs.

Those that their programs disable are left alone.
{_COMMON}""",
}


def _run(selection: Selection, patterns: Sequence[str], *, enabled: bool, yes: bool, as_json: bool) -> None:
    groups, wrong = grouped(flows_of(selection, patterns))
    listed = [Switch(flow, flow.member.stack.sandbox, "", FAILED, reason) for flow, reason in wrong]
    listed += [each for group in in_parallel(groups, lambda group: _looked_at(group, enabled=enabled)) for each in group]
    listed.sort(key=lambda each: (each.flow.stack, each.flow.target.name))
    waiting = [each for each in listed if each.outcome == TO_DO]
    names = short_names(selection)
    if waiting and not yes:
        _print(waiting, names)
        _ask(waiting, enabled=enabled)
    # One request at a time in each sandbox.
    by_client: dict[Client | None, list[Switch]] = {}
    for each in waiting:
        by_client.setdefault(each.platform, []).append(each)
    act: Callable[[list[Switch]], list[Switch]] = lambda batch: [_switched(each, enabled=enabled) for each in batch]  # noqa: E731
    done = {each.flow.id: each for batch in in_parallel(list(by_client.values()), act) for each in batch}
    listed = [done.get(each.flow.id, each) if each.outcome == TO_DO else each for each in listed]
    if as_json:
        click.echo(json.dumps({"flows": [_document(each) for each in listed], "exit_code": _exit_code(listed)}, indent=2))
    else:
        _print(listed, names)
        _summarize(listed, enabled=enabled)
    sys.exit(_exit_code(listed))


def _looked_at(group: Group, *, enabled: bool) -> list[Switch]:
    """What is to do for each dataflow of a sandbox."""
    sandbox = group.platform.settings.sandbox
    try:
        remote = flows_on_platform(group)
    except AepError as error:
        return [Switch(each, sandbox, "", FAILED, str(error)) for each in group.flows]
    return [_to_do(each, sandbox, remote.get(each.id), group.platform, enabled=enabled) for each in group.flows]


def _to_do(flow: StackFlow, sandbox: str, remote: Flow | str | None, platform: Client, *, enabled: bool) -> Switch:
    if not isinstance(remote, Flow):
        return Switch(flow, sandbox, "", FAILED, remote or missing(flow))
    found = Switch(flow, sandbox, remote.state or "", TO_DO, platform=platform)
    if remote.state == DRAFT:
        return replace(found, outcome=FAILED, reason="it is a draft, which does not run: publish it first")
    if (remote.state == DISABLED) is not enabled:
        return replace(found, outcome=UNCHANGED)
    if enabled and not flow.is_enabled:
        return replace(found, outcome=UNCHANGED, reason="its program has enabled=False")
    return found


def _switched(each: Switch, *, enabled: bool) -> Switch:
    assert each.platform is not None  # noqa: S101 - only those that were read are switched
    try:
        flow_service.Flows(each.platform).switch(each.flow.id, enabled=enabled)
    except AepError as error:
        return replace(each, outcome=FAILED, reason=str(error))
    return replace(each, outcome=DONE)


def _ask(waiting: Sequence[Switch], *, enabled: bool) -> None:
    if not sys.stdin.isatty():
        raise AepError("there is no terminal to ask on: add --yes")
    stacks, sandboxes = len({each.flow.stack for each in waiting}), len({each.sandbox for each in waiting})
    click.confirm(
        f"{'Resume' if enabled else 'Pause'} {counted(len(waiting), 'dataflow')} of {counted(stacks, 'stack')} in {sandboxes} "
        f"sandbox{'' if sandboxes == 1 else 'es'}?",
        abort=True,
    )


def _print(listed: Sequence[Switch], names: dict[str, str]) -> None:
    rows = [(names[each.flow.stack], each.sandbox, each.flow.target.name, each.was, each.outcome, each.reason) for each in listed]
    _terminal.console().print(_terminal.table(("Stack", "Sandbox", "Dataflow", "Was", "Outcome", "Reason"), rows))


def _summarize(listed: Sequence[Switch], *, enabled: bool) -> None:
    counts = {outcome: sum(each.outcome == outcome for each in listed) for outcome in (DONE, UNCHANGED, FAILED)}
    verb = "resumed" if enabled else "paused"
    click.echo(
        f"{counted(counts[DONE], 'dataflow')} {verb}, {counts[UNCHANGED]} unchanged, {counts[FAILED]} could not be changed."
    )
    if not enabled and (kept := sum(each.flow.is_enabled for each in listed if each.outcome in {DONE, UNCHANGED})):
        click.echo(
            f"The programs still have {counted(kept, 'paused dataflow')} enabled: after a `pulumi refresh`, the next `pulumi up` "
            "of their stacks resumes them. `aep fleet resume` with the same options resumes them at once."
        )


def _exit_code(listed: Sequence[Switch]) -> int:
    return 1 if any(each.outcome == FAILED for each in listed) else 0


def _document(each: Switch) -> dict[str, Any]:
    return {
        "stack": each.flow.stack,
        "sandbox": each.sandbox,
        "id": each.flow.id,
        "name": each.flow.target.name,
        "was": each.was or None,
        "outcome": each.outcome,
        "enabled_in_program": each.flow.is_enabled,
        "words": each.reason or None,
    }
