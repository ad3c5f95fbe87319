"""Options: those that choose the stacks, shared by all commands of the fleet."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from aep_pulumi.errors import AepError
from aep_pulumi.fleet.selection import Choice, Selection, select

_Command: TypeAlias = Callable[..., None]

_OPTIONS: list[Callable[[_Command], _Command]] = [
    click.argument("stacks", nargs=-1),
    click.option("--exclude", multiple=True, metavar="STACK", help="Not these: a name or a pattern. Repeatable."),
    click.option("--sandbox", "sandboxes", multiple=True, help="Only stacks of this sandbox, a name or a pattern. Repeatable."),
    click.option(
        "--fleet",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The fleet file; defaults to fleet.yaml in this folder, or else to the project of this folder.",
    ),
]
_SINCE: Callable[[_Command], _Command] = click.option(
    "--since",
    "commit",
    metavar="REF",
    help="Only stacks whose program or settings file changed since this commit, and those that depend on them.",
)


def choosing(*, by_commit: bool = True) -> Callable[[_Command], _Command]:
    """Add the options that choose stacks. The command gets `selection` instead of them; it is empty only if nothing changed.

    Args:
        by_commit: whether `--since REF` is one of them.
    """

    def add(command: _Command) -> _Command:
        @functools.wraps(command)
        def with_selection(
            *,
            stacks: tuple[str, ...],
            exclude: tuple[str, ...],
            sandboxes: tuple[str, ...],
            fleet: Path | None,
            commit: str | None = None,
            **others: Any,  # noqa: ANN401 - those of the command
        ) -> None:
            command(selection=chosen(Choice(stacks, exclude, sandboxes, commit, fleet)), **others)

        wrapped: _Command = with_selection
        options = [*_OPTIONS, _SINCE] if by_commit else _OPTIONS
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return add


def chosen(choice: Choice) -> Selection:
    """The stacks of a choice, from the current folder and environment."""
    selection = select(choice, Path.cwd(), os.environ)
    if not selection.members and choice.since is None:
        raise AepError("no stack matches all of the options together: leave one out")
    return selection


def short_names(selection: Selection) -> dict[str, str]:
    """What to call each stack: its name without what all have in common."""
    depth = 1 if len({each.project.name for each in selection.members.values()}) == 1 else 2
    return {name: "/".join(name.split("/")[-depth:]) for name in selection.members}
