"""Comparing: sends each request to both sides, compares the responses, and deletes what was created."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import click

from aep_pulumi.cli._compare.cleaning import clean_up
from aep_pulumi.cli._compare.planning import Effect, Planned
from aep_pulumi.cli._compare.shapes import MISSING, differing, shape_of
from aep_pulumi.cli._compare.sides import Outcome, Side
from aep_pulumi.cli._compare.stopping import Stopping
from aep_pulumi.cli._recordings.steps import VARIABLE, rendered_path
from aep_pulumi.cli._recordings.templates import TOKEN

_POLL_S = 1.0
_VARIABLE = r"{\1}"

Sides = tuple[Side, Side]


@dataclass(frozen=True)
class Difference:
    """One difference between two responses."""

    number: int
    """The number of the request in the recording."""
    request: str
    what: str
    """`status`, `code`, or `shape`."""
    at: str
    """The path in the response, for a shape."""
    left: str
    right: str
    left_message: str = ""
    right_message: str = ""
    """The error messages of both sides, without ids and secrets."""


@dataclass
class Result:
    """The result of a comparison."""

    sent: int = 0
    differences: list[Difference] = field(default_factory=list)
    not_sent: list[tuple[Planned, str]] = field(default_factory=list)
    """The requests that were not sent, and why."""
    left_behind: list[str] = field(default_factory=list)
    """The objects that could not be deleted, and why."""
    is_interrupted: bool = False


def shown(planned: Planned) -> str:
    """A request, for a report: without ids."""
    path = TOKEN.sub("{id}", VARIABLE.sub(_VARIABLE, planned.step.path))
    return f"{planned.step.method} {path}"


def compare(plan: Sequence[Planned], sides: Sides, prefix: str) -> Result:
    """Send the requests of a plan to both sides, and delete everything afterwards.

    The first signal to stop ends it after the current request, so that the id of every object that was created is known; the
    second one at once, and what was created is then looked up by its name.

    Args:
        plan: the requests.
        sides: the two Platforms.
        prefix: what the names of the created objects begin with.
    """
    result = Result()
    given = {name: planned for planned in plan for name in planned.step.gives}
    reasons: dict[int, str] = {}
    with Stopping() as stopping:
        try:
            for planned in plan:
                if stopping.is_requested:
                    break
                if reason := planned.reason or _missing(planned, given, reasons, sides):
                    reasons[planned.step.number] = reason
                    result.not_sent.append((planned, reason))
                    continue
                left, right = _sent(planned, sides)
                result.sent += 1
                result.differences += _differences(planned, left, right, sides)
        except KeyboardInterrupt:
            for side in sides:
                side.is_unsure = True
        finally:
            result.is_interrupted = stopping.is_requested
            if result.is_interrupted:
                click.echo("aep: stopping: what was created is deleted first", err=True)
            stopping.again()
            for side in sides:
                result.left_behind += clean_up(side, prefix)
    return result


def _missing(planned: Planned, given: Mapping[str, Planned], reasons: Mapping[int, str], sides: Sides) -> str:
    """Why a request cannot be sent, if an earlier response did not give what it needs: the first reason of all."""
    for name in sorted(planned.step.names & given.keys(), key=lambda name: given[name].step.number):
        number = given[name].step.number
        for side in sides:
            if side.value(name) is None:
                return reasons.get(number, f"needs request {number}, which returned no {name} on the {side.name} side")
    return ""


def _sent(planned: Planned, sides: Sides) -> tuple[Outcome, Outcome]:
    """The responses of both sides. A read that differs in status is repeated within the consistency window."""
    left, right = (side.send(planned) for side in sides)
    if planned.effect is Effect.READ:
        ends_s = [time.monotonic() + side.settings.settle_s for side in sides]
        while left.status != right.status and time.monotonic() < max(ends_s):
            time.sleep(_POLL_S)
            left = sides[0].send(planned) if time.monotonic() < ends_s[0] else left
            right = sides[1].send(planned) if time.monotonic() < ends_s[1] else right
    return left, right


def _differences(planned: Planned, left: Outcome, right: Outcome, sides: Sides) -> Iterator[Difference]:
    masks = [side.mask for side in sides]
    texts = [mask.text(outcome.message) for mask, outcome in zip(masks, (left, right), strict=True)]
    about = planned.step.number, shown(planned)
    if left.status != right.status:
        statuses = (str(outcome.status or "no response") for outcome in (left, right))
        yield Difference(*about, "status", "", *statuses, *texts)
    if left.code != right.code:
        codes = (mask.text(outcome.code) or MISSING for mask, outcome in zip(masks, (left, right), strict=True))
        yield Difference(*about, "code", "", *codes, *texts)
    if left.status != right.status:
        # An error and a success have no field in common.
        return
    path = planned.step.path
    shapes = (
        shape_of(outcome.body, rendered_path(path, side.value), mask)
        for outcome, side, mask in zip((left, right), sides, masks, strict=True)
    )
    for where, one, other in differing(*shapes):
        yield Difference(*about, "shape", where or "the whole body", one, other)
