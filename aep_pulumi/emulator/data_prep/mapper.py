"""Mapper: a mapping set, compiled once, that maps rows.

Previews and the runs of flows use the same mapper, so that a preview shows what a run would write. As Adobe's troubleshooting
guide says, a mapping that fails leaves its destination without a value, and the other mappings of the row are applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.data_prep import destinations, paths
from aep_pulumi.emulator.data_prep.evaluation import Now, Value, compiled
from aep_pulumi.emulator.data_prep.expression_error import ExpressionError, LostRowError
from aep_pulumi.emulator.data_prep.expressions import MAX_LENGTH, Tree, parsed
from aep_pulumi.emulator.data_prep.json_schemas import READ_BACK

Json = dict[str, Any]

_WRITTEN = {read: written for written, read in READ_BACK.items()}
_QUOTED = ("source", "sourceType", "destination")
_TOO_COMPLEX = "The expression is too complex."


class Mapped(NamedTuple):
    """A mapped row."""

    data: Json
    """The row in its XDM shape. It shares no object with the source row."""
    errors: list[Json]
    """The mappings that failed, in their order, each as `source`, `sourceType`, `destination` and `exception`."""


class Mapper:
    """Maps rows by a mapping set."""

    def __init__(self, mapping_set: Json, fields: Json, now: Now = clock.now) -> None:
        """Compile a mapping set.

        Args:
            mapping_set: a version of a mapping set, as it is stored or as a client sends it, with the current field names.
            fields: the fields of the output schema.
            now: the time that `now()` and `timestamp()` return, in seconds since the epoch.
        """
        mappings = mapping_set["mappings"]
        paths_written = [mapping["destination"] for mapping in mappings]
        allows_nulls = bool(mapping_set.get("allowNullValues"))
        steps = [_Step(each, fields, paths_written, allows_nulls=allows_nulls, now=now) for each in mappings]
        # An object is copied before the mappings of its fields, which take precedence.
        ordered = sorted(enumerate(steps), key=lambda placed: placed[1].depth)
        self._steps = [(place, step.apply, step.quoted) for place, step in ordered]
        self._has_gaps = any(step.may_leave_gaps for step in steps)

    def map(self, row: Json) -> Mapped:
        """Map one row; the row is not changed."""
        return Mapped(*self.ingested(row)[:2])

    def ingested(self, row: Json) -> tuple[Json, list[Json], bool]:
        """Map one row as a dataflow does: as `map`, and whether an error makes it a row that is not ingested."""
        data: Json = {}
        errors: dict[int, Json] = {}
        is_lost = False
        for place, apply, quoted in self._steps:
            try:
                apply(row, data)
            except ExpressionError as error:
                errors[place] = {**quoted, "exception": str(error)}
                is_lost = is_lost or isinstance(error, LostRowError)
            except RecursionError:
                errors[place] = {**quoted, "exception": _TOO_COMPLEX}
        if self._has_gaps:
            data = {key: destinations.without_gaps(each) for key, each in data.items()}
        return data, [errors[place] for place in sorted(errors)] if errors else [], is_lost


class _Step:
    """One compiled mapping."""

    def __init__(self, mapping: Json, fields: Json, paths_written: Sequence[str], *, allows_nulls: bool, now: Now) -> None:
        self.quoted = {key: mapping[key] for key in _QUOTED}
        self.depth, self.may_leave_gaps = 0, False
        problem = mistake(mapping, fields, paths_written)
        target = destinations.resolved(mapping["destination"], fields)
        if problem is not None or target is None:
            self.apply = _failing(str(problem))
            return
        steps, field = target
        self.depth = len(steps)
        self.may_leave_gaps = not all(isinstance(step, str) for step in steps)
        self.apply = _applied(_value(mapping, now), destinations.writer(steps, field), allows_nulls=allows_nulls)


def _applied(value: Value, write: destinations.Writer, *, allows_nulls: bool) -> Callable[[Json, Json], None]:
    def apply(row: Json, data: Json) -> None:
        found = value(row)
        if found is not None or allows_nulls:
            write(data, found)

    return apply


def _failing(problem: str) -> Callable[[Json, Json], None]:
    def fail(_: Json, __: Json) -> None:
        raise ExpressionError(problem)

    return fail


def _value(mapping: Json, now: Now) -> Value:
    source = mapping["source"]
    match source_type(mapping):
        case "STATIC":
            return lambda _: source
        case "ATTRIBUTE":
            return paths.reader(paths.parsed(source))
    try:
        return compiled(parsed(source), now)
    except RecursionError:
        return _too_complex


def _too_complex(_: Json) -> object:
    raise ExpressionError(_TOO_COMPLEX)


def mistake(mapping: Json, fields: Json, paths_written: Sequence[str]) -> str | None:
    """The problem of one mapping that does not depend on the row, or None. Data Prep's error codes are not documented."""
    destination = mapping["destination"]
    if destinations.resolved(destination, fields) is None:
        return f"The destination {destination} does not exist in the output schema."
    if paths_written.count(destination) > 1:
        return f"The destination {destination} is mapped twice."
    if source_type(mapping) == "EXPRESSION":
        if len(mapping["source"]) > MAX_LENGTH:
            return f"The expression for {destination} is longer than {MAX_LENGTH} characters."
        try:
            _: Tree = parsed(mapping["source"])
        except ExpressionError as error:
            return f"The expression for {destination} is not valid. {error}"  # inferred: as `languages/el/validate` judges
    return None


def source_type(mapping: Json) -> str:
    """`ATTRIBUTE`, `EXPRESSION` or `STATIC`, in whichever vocabulary the mapping has it."""
    return str(_WRITTEN.get(mapping["sourceType"], mapping["sourceType"]))
