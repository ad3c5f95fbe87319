"""Outputs: what the engine printed, exported and logged, as a run of a fleet needs it."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aep_pulumi.fleet.guarding import Ran
from aep_pulumi.fleet.redaction import Redaction
from aep_pulumi.kinds import kind_of
from aep_pulumi.review import Interrupted, Review, review_of
from aep_pulumi.review.events import read

Tell = Callable[..., None]
"""Reports an event of a stack."""
_OPERATIONS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "import": "imported"}


def counting(log: Path, tell: Tell) -> Callable[[], None]:
    """Reports the number of steps whenever it has grown."""
    seen, at = 0, 0

    def count() -> None:
        nonlocal seen, at
        if not log.exists():
            return
        with log.open("rb") as events:
            events.seek(at)
            new = events.read()
        at += len(new)
        if grown := new.count(b'"resourcePreEvent"'):
            seen += grown
            tell("progress", steps=seen)

    return count


def counted(review: Review) -> dict[str, int]:
    """How many objects a preview would change, by operation."""
    counts: dict[str, int] = {}
    for step in (*(step for pipeline in review.pipelines for step in pipeline.steps), *review.shared, *review.others):
        if (done := _OPERATIONS.get(step.op.value)) and not step.kind.startswith("pulumi:"):
            counts[done] = counts.get(done, 0) + 1
    return counts


def without_secrets(found: Review, events: Sequence[str], redaction: Redaction) -> Review:
    """The review as it leaves the worker: of the same events without secrets, with the verdict of those with them."""
    interrupted_ = tuple(replace(each, name=redaction.clean(each.name)) for each in found.interrupted)
    cleaned = replace(review_of(read(redaction.events(events)), interrupted_), stack=found.stack)
    same = cleaned.outcome is found.outcome
    return cleaned if same else replace(cleaned, outcome=found.outcome, verdict=found.verdict)


def changes(events: str) -> dict[str, int]:
    """What an update changed, from its summary."""
    for line in reversed(events.split("\n")):
        if '"summaryEvent"' in line:
            counts = (parsed(line).get("summaryEvent") or {}).get("resourceChanges") or {}
            return {done: int(counts[op]) for op, done in _OPERATIONS.items() if counts.get(op)}
    return {}


def about_objects(lines: Iterable[str]) -> list[str]:
    """The messages about an object, not about the program or the run."""
    found = ((line, (parsed(line).get("diagnosticEvent") or {}).get("urn") or "") for line in lines)
    return [line for line, urn in found if urn and "::pulumi:pulumi:Stack::" not in urn]


def pending(exported: str) -> list[Any]:
    """The pending operations of an exported state."""
    return list((parsed(exported).get("deployment") or {}).get("pending_operations") or ())


def interrupted(operation: str, resource: Mapping[str, Any]) -> Interrupted:
    """A pending operation, for a review."""
    kind = kind_of(str(resource["type"]))
    return Interrupted(operation, kind.name if kind else str(resource["type"]), str(resource["urn"]).rpartition("::")[2])


def last_error(ran: Ran) -> str:
    """The last error that a command printed."""
    lines = [line.strip() for line in (ran.err or ran.out).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    how = f"it was ended by signal {-ran.code}" if ran.code < 0 else f"exit code {ran.code} and no output"
    return (errors or lines or [how])[-1].removeprefix("error: ")


def short(message: str) -> str:
    """A message of the engine as one sentence: of a traceback, what was raised."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.startswith("Traceback (most recent call last)") for line in lines):
        return f"the program failed: {lines[-1]}"
    return " ".join(lines)


def is_alive(process: int) -> bool:
    """Whether a process of this machine exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def parsed(text: str) -> dict[str, Any]:
    """A JSON object; {} if the text is none."""
    found = any_json(text)
    return found if isinstance(found, dict) else {}


def any_json(text: str) -> object:
    """A JSON value; None if the text is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def texts(value: object) -> list[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in texts(each)]
