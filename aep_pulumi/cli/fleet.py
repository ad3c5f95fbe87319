"""`aep fleet`: many stacks at once."""

import click

from aep_pulumi.cli._lazy import LazyGroup


class _Fleet(LazyGroup):
    lazy = {  # noqa: RUF012 - never changed
        "drift": ("aep_pulumi.cli._fleet.drift", "Show what differs between the sandboxes and the stacks."),
        "pause": ("aep_pulumi.cli._fleet.pause", "Pause dataflows of many stacks."),
        "plan": ("aep_pulumi.cli._fleet.plan", "Show in which order the stacks can be deployed, and what speaks against it."),
        "resume": ("aep_pulumi.cli._fleet.resume", "Resume dataflows of many stacks."),
        "runs": ("aep_pulumi.cli._fleet.runs", "Show which dataflows of many stacks have failed, and why."),
    }


@click.group(name="fleet", cls=_Fleet)
def command() -> None:
    """Work with many stacks: all of a project, or those that a fleet file lists.

    STACKS are names or patterns with * and ?; defaults to all.
    """
