"""Reporting: what a comparison will do, and what it found, for people and for machines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._compare.comparing import Result, Sides, shown
from aep_pulumi.cli._compare.planning import Effect, Planned
from aep_pulumi.cli._compare.sides import Side
from aep_pulumi.review.wording import counted

_COLUMNS = ("#", "Request", "What", "Left", "Right")
DIFFERENT, FAILED, INTERRUPTED = 2, 1, 130


def announcement(plan: Sequence[Planned], sides: Sides, prefix: str) -> str:
    """What a comparison will do."""
    sent = [each for each in plan if not each.reason]
    effects = Counter(each.effect for each in sent)
    creates = effects[Effect.CREATE]
    lines = [f"{side.name + ':':6} {_where(side)}" for side in sides]
    lines.append(
        f"{counted(len(sent), 'request')} to each side: {effects[Effect.READ]} read, {creates} create objects, "
        f"{effects[Effect.CHANGE]} change or delete those."
    )
    if creates:
        lines.append(
            f"The names of the objects begin with {prefix!r}. All are deleted afterwards, also after Ctrl-C; dataflows start no "
            "sooner than in a day. No other object is changed."
        )
    lines += _not_sent([(each, each.reason) for each in plan if each.reason])
    return "\n".join(lines)


def _where(side: Side) -> str:
    if side.is_local:
        return side.where
    settings = side.settings
    kind = side.client.sandbox_type() or "unknown"
    return f"{side.where}, sandbox {settings.sandbox} of {settings.organization}, of type {kind}, as client {settings.client_id}"


def _not_sent(left_out: Sequence[tuple[Planned, str]]) -> Iterator[str]:
    """The requests that are not sent, by reason."""
    if left_out:
        yield f"Not sent: {counted(len(left_out), 'request')}:"
    by_reason: dict[str, list[Planned]] = {}
    for each, reason in left_out:
        by_reason.setdefault(reason, []).append(each)
    for reason, group in by_reason.items():
        numbers = ", ".join(str(each.step.number) for each in group)
        yield f"  {numbers} {shown(group[0])}: {reason}" if len(group) == 1 else f"  {numbers}: {reason}"


def exit_code(result: Result) -> int:
    """The exit code: what failed comes before what differs."""
    if result.is_interrupted:
        return INTERRUPTED
    return FAILED if result.left_behind else DIFFERENT if result.differences else 0


def drawn(result: Result, known: int) -> RenderableType:
    """The result, for people.

    Args:
        result: the result.
        known: how many requests the announcement has listed as not sent.
    """
    parts: list[RenderableType] = []
    if result.differences:
        rows = (
            (
                str(each.number),
                each.request,
                f"{each.what} {each.at}".strip(),
                _with(each.left, each.left_message),
                _with(each.right, each.right_message),
            )
            for each in result.differences
        )
        parts += [_terminal.table(_COLUMNS, rows, right=("#",)), Text("")]
    if len(result.not_sent) > known:
        parts += [_terminal.words(line) for line in _not_sent(result.not_sent)]
    requests = len({each.number for each in result.differences})
    found = f"{counted(len(result.differences), 'difference')} in {counted(requests, 'request')}" if requests else "No difference"
    parts.append(Text(f"{found}; {counted(result.sent, 'request')} compared."))
    if result.left_behind:
        parts += [Text(""), Text("Not deleted; delete by hand:", style="bold red")]
        parts += [_terminal.words(f"  {line}", "red") for line in result.left_behind]
    return Group(*parts)


def _with(value: str, message: str) -> str:
    return f"{value}: {message}" if message else value


def document(result: Result, sides: Sides, recording: str) -> dict[str, Any]:
    """The result, for machines. It can be sent to others: it contains no ids, no secrets and no names of the organisation."""
    return {
        "version": metadata.version("aep-pulumi"),
        "recording": recording,
        **{side.name: {"endpoint": side.where, "sandbox_type": side.client.sandbox_type()} for side in sides},
        "compared": result.sent,
        "differences": [vars(each) for each in result.differences],
        "not_sent": [{"number": each.step.number, "request": shown(each), "reason": reason} for each, reason in result.not_sent],
        "left_behind": len(result.left_behind),
        "exit_code": exit_code(result),
    }
