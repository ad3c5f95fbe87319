"""Previews: the stacks that programs refer to, as far as `pulumi preview` shows."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import click

from aep_pulumi.cli._stack import NO_PULUMI
from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.estate import FleetStack, Plan
from aep_pulumi.fleet.states import references_in
from aep_pulumi.review.wording import visible


def references(stacks: Iterable[FleetStack]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Preview stacks, a few at once.

    Returns:
        The names of the stacks that each one's program refers to; and for those whose preview failed, the reason.
    """
    program = shutil.which("pulumi")
    if program is None:
        raise SettingsError(NO_PULUMI)

    def one(stack: FleetStack) -> tuple[str, tuple[str, ...], str]:
        words = ("preview", "--json", "--show-sames", "--non-interactive", "--stack", stack.name)
        ran = subprocess.run(  # noqa: S603 - the user's own pulumi
            [program, *words], cwd=stack.project_folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        try:
            preview = json.loads(ran.stdout)
        except ValueError:
            preview = {}
        found = references_in([step["newState"] for step in preview.get("steps") or () if step.get("newState")])
        if not ran.returncode:
            return stack.name, found, ""
        errors = [str(each.get("message")) for each in preview.get("diagnostics") or () if each.get("severity") == "error"]
        lines = (errors[0] if errors else ran.stderr).strip().splitlines() or ["no output"]
        return stack.name, found, lines[-1].strip().removeprefix("error: ")

    with ThreadPoolExecutor(max(2, os.cpu_count() or 2), "preview") as pool:
        seen = list(pool.map(one, stacks))
    return {name: found for name, found, reason in seen if not reason}, {name: reason for name, _found, reason in seen if reason}


def show_notes(ordered: Plan, failed: Mapping[str, str]) -> None:
    """Print what a plan does not know.

    Args:
        ordered: the plan.
        failed: the stacks that could not be previewed, with the reasons.
    """
    for note in (*ordered.notes, *(f"{name} could not be previewed: {reason}" for name, reason in failed.items())):
        click.echo(f"aep: {visible(note)}", err=True)
