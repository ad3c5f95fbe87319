"""Events: what the engine reported during a preview, read strictly: a stream that may be incomplete is an error."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import Kind, kind_of

Values: TypeAlias = Mapping[str, object]

HOW = "PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE"
"""How to record events that include the settings."""

PROVIDER = "pulumi:providers:pulumi-python"
DYNAMIC = "pulumi-python:"

_REPLACING = {
    "replace",
    "create-replacement",
    "delete-replaced",
    "discard-replaced",
    "import-replacement",
    "read-replacement",
    "remove-pending-replace",
}
_COUNTED = ("create", "update", "delete", "replace")
_MARKUP = re.compile(r"<\{%.*?%\}>")


class BadEventsError(AepError):
    """The events are not those of a complete preview."""


@dataclass(frozen=True)
class State:
    """A resource, before or after."""

    id: str
    parent: str
    inputs: Values
    outputs: Values
    retained: bool
    """Whether the object stays on Platform when the resource is deleted."""
    protected: bool = False
    """Whether the engine rejects deleting or replacing it."""
    tainted: bool = False
    """Whether it is marked for replacement."""


@dataclass(frozen=True)
class Event:
    """A step as the engine announced it; the steps of one replacement are merged."""

    ops: tuple[str, ...]
    urn: str
    type: str
    old: State | None
    new: State | None
    keys: frozenset[str]
    """The fields that replace."""
    diffs: frozenset[str]
    """The fields that the engine reports as different, at any depth: a changed secret shows only here."""

    @property
    def name(self) -> str:
        """The name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def kind(self) -> Kind | None:
        """Its kind, or None for a resource of another provider."""
        return kind_of(self.type)

    @property
    def kind_name(self) -> str:
        """The name of its kind, or the type token for a resource of another provider."""
        return self.kind.name if self.kind else self.type

    @property
    def references(self) -> Mapping[str, str]:
        """The inputs that name other objects, each with their kind."""
        return self.kind.depends_on if self.kind else {}


@dataclass(frozen=True)
class Diagnostic:
    """A message of the engine, the program or a provider."""

    severity: str
    urn: str
    message: str


@dataclass(frozen=True)
class PolicyEvent:
    """A result of a policy."""

    pack: str
    policy: str
    level: str
    urn: str
    message: str


@dataclass(frozen=True)
class Preview:
    """A whole preview."""

    project: str
    stack: str
    failed: bool
    steps: tuple[Event, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    policies: tuple[PolicyEvent, ...] = ()
    packs: tuple[str, ...] = ()
    stack_outputs: Event | None = None
    """The stack itself, with its outputs before and after."""
    wiring: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    """For each resource and property, the resources its value comes from; only with an update plan."""


def read(lines: Iterable[str], *, project: str = "", stack: str = "", wiring: Mapping[str, object] | None = None) -> Preview:
    """Parse a preview from its events.

    Args:
        lines: one event each, as `pulumi preview --json` streams them or `--event-log` writes them.
        project: the expected project, if any.
        stack: the expected stack, if any.
        wiring: the update plan of the same preview, if there is one.

    Raises:
        BadEventsError: they are truncated, not a preview's events, or of a CLI whose events may be incomplete.
    """
    parsed = list(_parsed(lines))
    if not parsed:
        raise BadEventsError("the input has no preview events: record them with `" + HOW + "`")
    summary = next((_mapping(event["summaryEvent"]) for event in reversed(parsed) if "summaryEvent" in event), None)
    if summary is None:
        raise BadEventsError("the events are truncated: the preview's summary is missing, so the review could be incomplete")
    if "isPreview" not in summary or "result" not in summary:
        raise BadEventsError(
            "the events come from an older Pulumi CLI, which does not report how the preview ended: use 3.254 or newer"
        )
    if summary["isPreview"] is not True:
        raise BadEventsError("the events are those of an update, not of a preview")
    announced = [_event(_mapping(event["resourcePreEvent"])) for event in parsed if "resourcePreEvent" in event]
    logical = {op: sum(op in event.ops and not _is_default(event) for event in announced) for op in _COUNTED}
    reported = _mapping(summary.get("resourceChanges") or {})
    for op in _COUNTED:
        count = reported.get(op, 0)
        if isinstance(count, int) and count > logical[op]:
            raise BadEventsError(f"events are missing: the summary counts {count} of {op}, the events only {logical[op]}")
    of_stack, of_project = _where(announced, parsed)
    if project and of_project and of_project != project:
        raise BadEventsError(f"the events are of project {of_project!r}, and this is project {project!r}")
    if stack and of_stack and of_stack != stack.rpartition("/")[2]:
        raise BadEventsError(f"the events are of stack {of_stack!r}, and the review is of stack {stack!r}")
    outputs = [_event(_mapping(event["resOutputsEvent"])) for event in parsed if "resOutputsEvent" in event]
    return Preview(
        project=of_project or project,
        stack=of_stack or stack.rpartition("/")[2],
        failed=summary["result"] != "succeeded",
        steps=tuple(_merged(announced)),
        stack_outputs=next((event for event in reversed(outputs) if event.type == STACK_TYPE), None),
        diagnostics=tuple(_diagnostics(parsed)),
        policies=tuple(_policies(parsed)),
        packs=tuple(sorted(_packs(parsed))),
        wiring=_wiring(wiring or {}),
    )


def diagnostics(lines: Iterable[str]) -> list[Diagnostic]:
    """The messages in the events of any operation."""
    return list(_diagnostics(list(_parsed(lines))))


def _parsed(lines: Iterable[str]) -> Iterator[Values]:
    kept = [line for line in lines if line.strip()]
    # Other output of the CLI does not begin with a brace.
    marked = [(number, line) for number, line in enumerate(kept, 1) if line.lstrip().startswith("{")]
    for number, line in marked:
        try:
            event = json.loads(line)
        except ValueError:
            if _is_digest("\n".join(kept)):
                raise BadEventsError(_DIGEST) from None
            if number == len(kept):
                raise BadEventsError("the events are truncated: the last line is incomplete") from None
            raise BadEventsError(f"line {number} is not valid JSON: the file is damaged") from None
        if "sequence" not in event:
            raise BadEventsError(
                _DIGEST if _is_digest(line) else f"line {number} is not a Pulumi event: the file is something else"
            )
        yield event


_DIGEST = (
    "this is the digest that `pulumi preview --json` prints at the end (or an older Pulumi CLI), without policy results and "
    "settings: record the events with `" + HOW + "`, CLI 3.254 or newer"
)


def _is_digest(text: str) -> bool:
    try:
        whole = json.loads(text)
    except ValueError:
        return False
    return isinstance(whole, dict) and not {"steps", "changeSummary"}.isdisjoint(whole)


def _event(body: Values) -> Event:
    metadata = _mapping(body.get("metadata"))
    op, urn, type_ = metadata.get("op"), metadata.get("urn"), metadata.get("type")
    if not (isinstance(op, str) and isinstance(urn, str) and isinstance(type_, str)):
        raise BadEventsError("an event has no operation, URN or type: this version does not support the Pulumi CLI that wrote it")
    detailed = metadata.get("detailedDiff")
    return Event(
        ops=(op,),
        urn=urn,
        type=type_,
        old=_state(metadata.get("old")),
        new=_state(metadata.get("new")),
        keys=frozenset(_texts(metadata.get("keys"))),
        diffs=frozenset(_texts(metadata.get("diffs"))) | frozenset(detailed if isinstance(detailed, Mapping) else ()),
    )


def _state(body: object) -> State | None:
    if not isinstance(body, Mapping):
        return None
    return State(
        id=_text(body.get("id")),
        parent=_text(body.get("parent")),
        inputs=_mapping(body.get("inputs") or {}),
        outputs=_mapping(body.get("outputs") or {}),
        retained=body.get("retainOnDelete") is True,
        protected=body.get("protect") is True,
        tainted=body.get("taint") is True,
    )


def _merged(announced: list[Event]) -> Iterator[Event]:
    """The steps, in the engine's order; those of one replacement as one, where the first of them stands."""
    replacements: dict[str, list[Event]] = {}
    for event in announced:
        if event.ops[0] in _REPLACING:
            replacements.setdefault(event.urn, []).append(event)
    for event in announced:
        if event.ops[0] not in _REPLACING:
            yield event
        elif steps := replacements.pop(event.urn, None):
            yield Event(
                ops=tuple(step.ops[0] for step in steps),
                urn=event.urn,
                type=event.type,
                old=next((step.old for step in steps if step.old), None),
                new=next((step.new for step in reversed(steps) if step.new), None),
                keys=frozenset[str]().union(*(step.keys for step in steps)),
                diffs=frozenset[str]().union(*(step.diffs for step in steps)),
            )


def _is_default(event: Event) -> bool:
    return event.type.startswith("pulumi:providers:") and event.name.startswith("default")


def _where(announced: list[Event], parsed: list[Values]) -> tuple[str, str]:
    urns = [event.urn for event in announced]
    urns += [_text(_mapping(event[kind]).get("urn")) for event in parsed for kind in ("diagnosticEvent",) if kind in event]
    for urn in urns:
        parts = urn.split(":", 4)
        if urn.startswith("urn:pulumi:") and len(parts) == len(("urn", "pulumi", "stack", "", "project")):
            return parts[2], parts[4].partition("::")[0]
    return "", ""


def _diagnostics(parsed: list[Values]) -> Iterator[Diagnostic]:
    for event in parsed:
        if "diagnosticEvent" in event:
            body = _mapping(event["diagnosticEvent"])
            if body.get("severity") in {"error", "warning", "info#err"}:
                yield Diagnostic(_text(body["severity"]), _text(body.get("urn")), _words(body))


def _policies(parsed: list[Values]) -> Iterator[PolicyEvent]:
    for event in parsed:
        if "policyEvent" in event:
            body = _mapping(event["policyEvent"])
            yield PolicyEvent(
                pack=_text(body.get("policyPackName")),
                policy=_text(body.get("policyName")),
                level=_text(body.get("enforcementLevel")),
                urn=_text(body.get("resourceUrn")),
                message=_words(body),
            )


def _packs(parsed: list[Values]) -> set[str]:
    named = ("policyAnalyzeSummaryEvent", "policyAnalyzeStackSummaryEvent", "policyEvent")
    return {_text(_mapping(event[kind]).get("policyPackName")) for event in parsed for kind in named if kind in event} - {""}


def _wiring(plan: Values) -> dict[str, dict[str, list[str]]]:
    resources = plan.get("resourcePlans")
    wiring: dict[str, dict[str, list[str]]] = {}
    for urn, planned in (resources if isinstance(resources, Mapping) else {}).items():
        goal = planned.get("goal") if isinstance(planned, Mapping) else None
        dependencies = goal.get("propertyDependencies") if isinstance(goal, Mapping) else None
        if isinstance(dependencies, Mapping):
            wiring[urn] = {name: _texts(urns) for name, urns in dependencies.items()}
    return wiring


def _words(body: Values) -> str:
    return _MARKUP.sub("", _text(body.get("message"))).strip()


def _mapping(value: object) -> Values:
    if not isinstance(value, Mapping):
        raise BadEventsError("an event has an unexpected structure: this version does not support the Pulumi CLI that wrote it")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
