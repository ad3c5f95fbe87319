"""`aep fleet`: many stacks at once."""

import click

from aep_pulumi.cli._lazy import LazyGroup


class _Fleet(LazyGroup):
    lazy = {  # noqa: RUF012 - never changed
        "destroy": ("aep_pulumi.cli._fleet.destroy", "Delete the objects of many stacks."),
        "drift": ("aep_pulumi.cli._fleet.drift", "Show what differs between the sandboxes and the stacks."),
        "pause": ("aep_pulumi.cli._fleet.pause", "Pause dataflows of many stacks."),
        "preview": ("aep_pulumi.cli._fleet.preview", "Preview many stacks, and summarize what an update would do."),
        "plan": ("aep_pulumi.cli._fleet.plan", "Show in which order the stacks can be deployed, and what speaks against it."),
        "recover": ("aep_pulumi.cli._fleet.recover", "Resolve what interrupted runs left in many stacks."),
        "refresh": ("aep_pulumi.cli._fleet.refresh", "Read the objects of many stacks into their states."),
        "resume": ("aep_pulumi.cli._fleet.resume", "Resume dataflows of many stacks."),
        "runs": ("aep_pulumi.cli._fleet.runs", "Show which dataflows of many stacks have failed, and why."),
        "up": ("aep_pulumi.cli._fleet.up", "Update many stacks in order."),
    }


@click.group(name="fleet", cls=_Fleet)
def command() -> None:
    """Work with many stacks: all of a project, or those that a fleet file lists.

    STACKS are names or patterns with * and ?; defaults to all.
    """
