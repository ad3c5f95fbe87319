"""Lazy: a group whose commands are imported only when they are run."""

import importlib
from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """A group of commands by name, each with its module, which has it as `command`, and its summary for --help."""

    lazy: Mapping[str, tuple[str, str]]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """See click."""
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """See click."""
        if cmd_name not in self.lazy:
            return None
        command: click.Command = importlib.import_module(self.lazy[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """See click."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_module, words) in sorted(self.lazy.items())])
