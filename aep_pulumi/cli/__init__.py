"""The `aep` command: what Pulumi does not do for Platform. One file per group of commands.

Exit codes: 0 done, 1 failed (one sentence on stderr), 2 the command line is wrong.
"""

import importlib
import sys

import click

from aep_pulumi.errors import AepError

_COMMANDS = {
    # name: (module, what --help lists), so that one command does not import the others.
    "deployed": ("aep_pulumi.cli.deployed", "List the objects of a stack and what to try next."),
    "platform": ("aep_pulumi.cli.platform", "Start, stop, reset or ask the local Platform."),
    "recover": ("aep_pulumi.cli.recover", "After a killed run: adopt what happened, clear what did not."),
    "policies": ("aep_pulumi.cli.policies", "Print the folder of the policy pack, for --policy-pack."),
    "review": ("aep_pulumi.cli.review", "Write what a preview would do, for the person who must agree to it."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_module, words) in sorted(_COMMANDS.items())])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aep-pulumi")
def aep() -> None:
    """Adobe Experience Platform as code: the commands beside `pulumi`."""


def main() -> None:
    """Run the command line; an error of ours is one sentence."""
    try:
        aep(prog_name="aep")
    except AepError as error:
        click.echo(f"aep: {error}", err=True)
        sys.exit(1)
