"""`aep import`: what runs in a sandbox, as code and as state, so that the next preview is empty. It only reads."""

import json
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from aep_pulumi.cli._importing.exclusive import only_import
from aep_pulumi.cli._importing.plan import Plan, Target, planned, providers_of, read
from aep_pulumi.cli._importing.report import failures_of, print_plan, print_report, report_of
from aep_pulumi.cli._importing.stacks import not_everywhere
from aep_pulumi.cli._importing.transaction import Transaction
from aep_pulumi.cli._stack import Stack, pending_in
from aep_pulumi.cli._times import moment, moment_s
from aep_pulumi.client.home import home
from aep_pulumi.client.read_only import read_only_client
from aep_pulumi.client.survey import Survey
from aep_pulumi.connectors import CONNECTORS
from aep_pulumi.errors import AepError
from aep_pulumi.importing.cache import Cache
from aep_pulumi.importing.items import Key
from aep_pulumi.importing.program import Files, Program
from aep_pulumi.importing.selection import Selection
from aep_pulumi.kinds import BY_NAME, did_you_mean
from aep_pulumi.review.wording import first_of
from aep_pulumi.settings import Settings

INCOMPLETE = 3
"""The exit code if not everything that was selected is in the code and in the state."""
_SHOWN = 5
_WORDS = 3


@click.command(name="import")
@click.argument("one", nargs=-1, metavar="[KIND NAME ID]")
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--other-stack", "others", multiple=True, help="A stack whose objects are referenced, not imported. Repeatable.")
@click.option("--flow", "flows", multiple=True, metavar="NAME", help="Only this dataflow, by name or id. Repeatable.")
@click.option("--dataset", "datasets", multiple=True, metavar="NAME", help="Only this dataset and its dataflows. Repeatable.")
@click.option("--name", "patterns", multiple=True, metavar="PATTERN", help="Only objects with such a name: 'CRM *'. Repeatable.")
@click.option("--connector", "connectors", multiple=True, help="Only dataflows from this connector: Salesforce, or its id.")
@click.option("--changed-since", callback=moment, metavar="WHEN", help="Only objects changed since then: 7d, or 2026-01-31.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Not objects with such a name. Repeatable.")
@click.option("--to", "spread", multiple=True, metavar="STACK=PATTERN", help="Pipelines with such a name go to this stack.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(  # noqa: PLR0913 - click passes every option
    *,
    one: tuple[str, ...],
    stack: str | None,
    others: tuple[str, ...],
    flows: tuple[str, ...],
    datasets: tuple[str, ...],
    patterns: tuple[str, ...],
    connectors: tuple[str, ...],
    changed_since: float | None,
    exclude: tuple[str, ...],
    spread: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Write the objects of a sandbox as Python into the package `imported`, and import them into the stack's state.

    KIND NAME ID imports one object, such as Dataset people 5f3c…, under this name. Otherwise all objects are imported, or those
    that match every option, with everything that they depend on. The preview must then be empty; if not, code and state are
    restored. Nothing is written to Platform: the command can only read.

    Exit codes: 1 error, nothing has changed; 3 some objects are not imported, and the report says why.
    """
    key, name = _one(one)
    since = None if changed_since is None else moment_s(changed_since, time.time())
    selection = Selection(flows, datasets, patterns, [_connector(each) for each in connectors], since, exclude, key)
    run = _Run(stack, others, [_spread(each) for each in spread], as_json=as_json, dry_run=dry_run)
    plan = run.plan(selection, {key: name} if key else {})
    if key and key not in plan.chosen:
        raise AepError(_not_chosen(plan, key))
    if not as_json:
        print_plan(plan, run.program)
    if plan.chosen and not dry_run:
        if not yes and not _confirmed():
            raise AepError("nothing was changed")
        run.apply(plan)
    missing = [] if dry_run else run.missing
    if as_json:
        click.echo(json.dumps(report_of(plan, missing)))
    else:
        print_report(plan, missing, is_done=not dry_run)
    if failures_of(plan, missing):
        sys.exit(INCOMPLETE)


def _reject_interrupted(states: Mapping[str, object]) -> None:
    """Reject stacks with creates that a killed run has left: if the import were undone, their only record would be lost."""
    for stack, exported in states.items():
        if names := [resource.name for operation, resource in pending_in(exported) if operation == "creating"]:
            raise AepError(
                f"a killed run of stack {stack} may have created {first_of(names)}: run `aep recover --stack {stack}` before the "
                "import"
            )


class _Run:
    """One run of the command."""

    def __init__(
        self, stack: str | None, others: tuple[str, ...], spread: list[tuple[str, str]], *, as_json: bool, dry_run: bool
    ) -> None:
        self._as_json = as_json
        main = Stack(stack)
        full = main.full_name()
        project, short = full.split("/")[1:]
        self._stacks = {short: main} | {name: Stack(name) for name, _ in spread}
        self.program = Program.of(_project_folder())
        self._config = main.config()
        self._settings = Settings.read(self._config)
        folder = home() / "import" / project  # one for all stacks of the project, whose code they share
        click.get_current_context().with_resource(only_import(folder))
        self._transaction = Transaction(folder / "transaction.json", self._stacks)
        self._undo_killed(dry_run=dry_run)
        self._target = Target(
            project,
            {name: full.removesuffix(short) + name for name in self._stacks},
            {name: each.export() for name, each in self._stacks.items()},
            {name: Stack(name).export() for name in others},
            [(name, pattern) for name, pattern in spread],
        )
        _reject_interrupted(self._target.exported)
        self._cache = Cache(folder / f"survey-{short}.json", self._settings)
        self._files = Files()
        self.missing: list[str] = []

    def _undo_killed(self, *, dry_run: bool) -> None:
        killed = Transaction.interrupted(self._transaction.path, lambda name: self._stacks.get(name) or Stack(name))
        if killed is None:
            return
        if dry_run:
            click.echo("aep import: an import was interrupted; the next one without --dry-run undoes it first", err=True)
            return
        killed.roll_back()
        self._report("undid what an interrupted import had begun")

    def plan(self, selection: Selection, names: dict[Key, str]) -> Plan:
        """Read the sandbox, and determine what to do."""
        platform = read_only_client(self._settings)
        providers = providers_of(self._config)
        if selection.only:
            kind, object_id = selection.only
            found = Survey(objects={kind: {object_id: providers[kind].read_remote(object_id)}})
        else:
            if self._cache.is_resumed:
                self._report("continues with what an earlier run has read")
            found = read(platform, providers, self._cache, self._report)
        plan = planned(platform, providers, found, self.program, self._target, selection, names)
        self._files = Files.of(plan.files)
        return plan

    def apply(self, plan: Plan) -> None:
        """Write code and state, and verify them.

        Raises:
            AepError: the preview is not empty, or a state has changed since it was read. Everything is as before.
        """
        # A background job starts with SIGINT ignored, and CI cancels with SIGTERM: either restores code and state.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        transaction = self._transaction
        transaction.begin(self._files)
        try:
            for stack, entries in plan.entries.items():
                self._report(f"imports {len(plan.urns[stack])} resources into stack {stack}")
                transaction.run_import(stack, entries, plan.urns[stack], self._target.exported[stack])
            # Last: code without state would create everything again, and state without code is protected.
            transaction.write()
            for stack, outputs in plan.written.exports.items():
                transaction.set_outputs(stack, outputs)
            for stack in plan.entries:
                self._report(f"previews stack {stack}")
                self._require_empty_preview(stack, plan)
        except BaseException as failure:
            self._report("restores code and state")
            try:
                transaction.roll_back()
            except AepError as error:
                raise AepError(f"{str(failure) or 'the import was interrupted'}; and {error}") from failure
            raise
        transaction.commit()
        self._cache.clear()
        states = {stack: self._stacks[stack].export() for stack in plan.entries}
        self.missing = not_everywhere(plan.items, plan.written.places, self.program.declared(), states)

    def _require_empty_preview(self, stack: str, plan: Plan) -> None:
        changes = self._stacks[stack].changes()
        if not changes:
            return
        mine = [(op, urn) for op, urn in changes if urn in plan.urns[stack]]
        shown = ", ".join(f"{op} {urn.rpartition('::')[2]}" for op, urn in (mine or changes)[:_SHOWN])
        more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
        if mine:
            raise AepError(
                f"the preview of stack {stack} is not empty ({shown}{more}), so the import is undone: report this to the "
                "provider's maintainers, and import the rest with --exclude"
            )
        raise AepError(
            f"the preview of stack {stack} contains changes of the program itself ({shown}{more}), so the import is "
            "undone: run `pulumi up`, then import"
        )

    def _report(self, line: str) -> None:
        if not self._as_json:
            click.echo(f"aep import: {line}", err=True)


def _project_folder() -> Path:
    return next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "Pulumi.yaml").is_file())


def _one(words: tuple[str, ...]) -> tuple[Key | None, str]:
    if not words:
        return None, ""
    if len(words) != _WORDS:
        raise AepError("one object is named by three words: its kind, a name and its id, such as Dataset people 5f3c…")
    kind, name, object_id = words
    if kind not in BY_NAME:
        raise AepError(f"{kind!r} is not a kind: {did_you_mean(kind, BY_NAME, 'the kinds are ' + ', '.join(BY_NAME))}")
    return (kind, object_id), name


def _not_chosen(plan: Plan, key: Key) -> str:
    item = plan.items.get(key)
    if item is None:
        return f"there is no {BY_NAME[key[0]].noun} {key[1]} in this sandbox"
    if item.owner:
        return f"{item.described()} is in the state of stack {item.owner.stack} already, as {item.owner.name}"
    return f"{item.described()} cannot be imported: {item.reason}"


def _spread(text: str) -> tuple[str, str]:
    stack, separator, pattern = text.partition("=")
    if not (stack and separator and pattern):
        raise AepError(f"--to {text} is not a stack and a pattern, such as orders='orders-*'")
    return stack, pattern


def _connector(text: str) -> str:
    known = {each.__name__: each.spec_id for each in CONNECTORS}
    return next((spec_id for name, spec_id in known.items() if name.lower() == text.lower()), text)


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise AepError("there is no terminal to ask on: add --yes, or --dry-run to change nothing")
    return click.confirm("Write these files, and import into the state?")
