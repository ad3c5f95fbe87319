"""Running: `aep platform compare`, from its options to its exit code."""

import json
import signal
import sys
import uuid
from importlib import resources
from pathlib import Path

import click

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._compare import reporting
from aep_pulumi.cli._compare.comparing import compare
from aep_pulumi.cli._compare.planning import Effect, planned
from aep_pulumi.cli._compare.sides import left_side, right_side, stack_config
from aep_pulumi.cli._recordings import steps
from aep_pulumi.cli._recordings.steps import TENANT, Step
from aep_pulumi.errors import AepError

BUILT_IN = "tutorial"
_PREFIX = "aep compare"


def built_in() -> list[Step]:
    """The recording of the tutorial's pipeline."""
    file = resources.files(__package__) / f"{BUILT_IN}.jsonl"
    return steps.read(file.read_text(encoding="utf-8"), BUILT_IN)


def run(recording: Path | None, left: str | None, right: str | None, stack: str | None, *, yes: bool, as_json: bool) -> int:
    """Compare two Platforms. Returns the exit code."""
    # Ended from outside, it deletes what it created, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    recorded = built_in() if recording is None else steps.read(_text(recording), str(recording))
    prefix = f"{_PREFIX} {uuid.uuid4().hex[:8]} "
    config = {} if left and right else stack_config(stack)
    with right_side(right, config) as other, left_side(left, config) as one:
        sides = one, other
        if one.place == other.place:
            raise AepError(f"both sides are the same sandbox at {one.where}: name another Platform with --left or --right")
        plan = planned(recorded, prefix, lambda name: all(side.secret(name) for side in sides))
        sent = [each for each in plan if not each.reason]
        kinds = [each.kind for each in sent if each.kind]
        for side in sides:
            side.reject_writes_unless_allowed(kinds)
        click.echo(reporting.announcement(plan, sides, prefix), err=True)
        if not sent:
            raise AepError("none of the recorded requests can be sent, so there is nothing to compare")
        if not yes and any(each.effect is not Effect.READ for each in sent):
            click.confirm("Continue?", abort=True, err=True)
        if any(TENANT in each.step.names for each in sent):
            for side in sides:
                side.read_tenant()
        result = compare(plan, sides, prefix)
        if as_json:
            name = BUILT_IN if recording is None else recording.name
            click.echo(json.dumps(reporting.document(result, sides, name), indent=2))
            for line in result.left_behind:
                click.echo(f"aep: not deleted: {line}", err=True)
        else:
            _terminal.console().print(reporting.drawn(result, len(plan) - len(sent)))
        return reporting.exit_code(result)


def _text(recording: Path) -> str:
    if str(recording) == "-":
        return sys.stdin.read()
    try:
        return recording.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AepError(f"{recording} cannot be read: {error}") from None
