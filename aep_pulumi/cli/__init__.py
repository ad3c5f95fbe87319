"""The `aep` command: what Pulumi does not do for Platform. One file per group of commands.

Exit codes: 0 success, 1 error, including a wrong command line (one sentence on stderr). Others are listed in a command's --help;
2 is never a wrong command line, for it means changes to one command and failed runs to another.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from aep_pulumi.cli._lazy import LazyGroup
from aep_pulumi.errors import AepError

_COMMANDS = {
    # name: (module, summary for --help), so that a command does not import the others.
    "dataset": ("aep_pulumi.cli.dataset", "Show the rows of a dataset, or query them with SQL."),
    "deployed": ("aep_pulumi.cli.deployed", "List the objects of a stack and what to try next."),
    "doctor": ("aep_pulumi.cli.doctor", "Check what a run needs, and what to do if something is missing."),
    "drift": ("aep_pulumi.cli.drift", "Show what differs between the sandbox and the stacks, and who changed it."),
    "fleet": ("aep_pulumi.cli.fleet", "Plan, preview, deploy and check many stacks, and see, pause and resume their dataflows."),
    "import": ("aep_pulumi.cli.importing", "Turn what runs in a sandbox into code and state, so that the next preview is empty."),
    "mapping": ("aep_pulumi.cli.mapping", "Try a mapping on rows of the source, before it is deployed."),
    "platform": (
        "aep_pulumi.cli.platform",
        "Start, stop, seed, reset or inspect the local Platform, and replay what it received.",
    ),
    "recover": (
        "aep_pulumi.cli.recover",
        "After a killed run: adopt what it created, clear the creates that did not happen.",
    ),
    "policies": ("aep_pulumi.cli.policies", "Print the folder of the policy pack, for --policy-pack."),
    "review": ("aep_pulumi.cli.review", "Summarize what a preview would do, for the person who approves it."),
    "run": ("aep_pulumi.cli.run", "Run a dataflow now, retry its failed run, pause or resume it."),
    "runs": ("aep_pulumi.cli.runs", "Show the dataflows' last runs, failures with their reasons, and late runs."),
    "template": ("aep_pulumi.cli.template", "Print the folder of the project template, for pulumi new."),
}


class _WrongCommandLineError(click.ClickException):
    """A wrong command line, shown as click shows it, with the exit code of an error."""

    def __init__(self, wrong: click.UsageError) -> None:
        super().__init__(wrong.format_message())
        self._wrong = wrong

    def show(self, file: IO[Any] | None = None) -> None:
        self._wrong.show(file)


@contextmanager
def _an_error_like_any_other() -> Iterator[None]:
    try:
        yield
    except click.UsageError as wrong:
        raise _WrongCommandLineError(wrong) from None


class _Commands(LazyGroup):
    lazy = _COMMANDS

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        with _an_error_like_any_other():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _an_error_like_any_other():
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aep-pulumi")
def aep() -> None:
    """Adobe Experience Platform as code: the commands beside `pulumi`."""


def main() -> None:
    """Run the command line. An `AepError` is printed as one sentence."""
    try:
        aep(prog_name="aep")
    except AepError as error:
        from aep_pulumi.review.wording import visible  # noqa: PLC0415 - paid only where something went wrong

        # The message may contain untrusted text, whose control characters a terminal would obey.
        click.echo(f"aep: {visible(str(error))}", err=True)
        sys.exit(1)
