"""Validation: whether an expression is valid: alone, for a sample of the data, and for the input schema of a mapping set.

OpenAPI names the sample and the mapping set without a word on what they do: that an expression has to work with them is inferred.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from aep_pulumi.emulator.core import calls, errors
from aep_pulumi.emulator.core.calls import Reply, read_json
from aep_pulumi.emulator.core.objects import MAPPING_SETS
from aep_pulumi.emulator.data_prep import paths
from aep_pulumi.emulator.data_prep.evaluation import compiled
from aep_pulumi.emulator.data_prep.expression_error import ExpressionError
from aep_pulumi.emulator.data_prep.expressions import Array, Call, Field, Lambda, Object, Operator, Part, Tree, parsed
from aep_pulumi.emulator.data_prep.functions.status import NOT_IMPLEMENTED
from aep_pulumi.emulator.data_prep.json_schemas import EXPRESSION
from aep_pulumi.emulator.schema_registry.library import Library, field_at

Json = dict[str, Any]


def validate(call: calls.Call) -> Reply:
    """Whether an expression is valid."""
    body = errors.validated(EXPRESSION, call.json(errors.bad_request))
    # Before the expression, so that a sample that cannot be read is an error whatever the expression.
    rows = _rows(body["sampleData"], body.get("sampleDataType", "")) if body.get("sampleData") else []
    fields = _input_fields(call, body["mappingSetId"]) if body.get("mappingSetId") else None
    try:
        tree = parsed(body["expression"])
        if fields is not None:
            _check_fields(tree, fields)
        if rows:
            _check_rows(tree, rows)
    except (ExpressionError, RecursionError):
        return Reply(200, body=False)
    return Reply(200, body=True)


def _check_rows(tree: Tree, rows: Sequence[Json]) -> None:
    """Check that the rows have the fields of an expression, and that it has a value for each of them.

    It may have none for a function that only the local Platform lacks.
    """
    for steps in _fields(tree, frozenset()):
        if not any(paths.exists(row, steps) for row in rows):
            raise ExpressionError(f"No row has a field {'.'.join(paths.names(steps))}.")
    called = {each.name for each in _inside(tree) if isinstance(each, Call)}
    if called.isdisjoint(NOT_IMPLEMENTED):
        value = compiled(tree)
        for row in rows:
            value(row)


def _rows(text: str, kind: str) -> list[Json]:
    """The rows of a sample: a JSON object, an array of them, or CSV with a line of names."""
    if "csv" in kind.lower() or "delimited" in kind.lower():
        return _csv_rows(text)
    try:
        sample = read_json(text.encode("utf-8", "replace"))
    except ValueError:
        raise errors.bad_request("The sampleData is not valid JSON.") from None
    rows: list[Any] = sample if isinstance(sample, list) else [sample]
    if not all(isinstance(row, dict) for row in rows):
        raise errors.bad_request("The sampleData is not an object, nor an array of objects.")
    return [dict(row) for row in rows]


def _csv_rows(text: str) -> list[Json]:
    try:
        return [{str(name): value for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]
    except csv.Error:
        raise errors.bad_request("The sampleData is not valid CSV.") from None


def _input_fields(call: calls.Call, set_id: str) -> Json | None:
    """The fields of the input schema of a mapping set; None if it has none, or one that is not in the registry."""
    stored = call.objects.find(MAPPING_SETS, set_id)
    if stored is None:
        raise errors.bad_request(f"The mapping set {set_id} does not exist.")
    given: Any = stored["versions"][-1].get("inputSchema") or {}
    reference = given.get("schemaRef") if isinstance(given.get("schemaRef"), dict) else given
    library = Library(call.objects)
    schema = library.schema(str(reference.get("id")))
    return library.fields(schema) if schema else None


def _check_fields(tree: Tree, fields: Json) -> None:
    for steps in _fields(tree, frozenset()):
        names = paths.names(steps)
        if field_at(fields, names) is None:
            raise ExpressionError(f"The input schema has no field {'.'.join(names)}.")


def _parts(tree: Tree) -> tuple[Tree, ...]:
    """The trees that a tree consists of."""
    match tree:
        case Call(_, parts) | Operator(_, parts) | Array(parts) | Object(parts):
            return parts
        case Lambda(_, body):
            return (body,)
        case Part(whole, index):
            return (whole,) if isinstance(index, paths.Step) else (whole, index)
    return ()


def _inside(tree: Tree) -> Iterator[Tree]:
    yield tree
    for part in _parts(tree):
        yield from _inside(part)


def _fields(tree: Tree, parameters: frozenset[str]) -> Iterator[tuple[paths.Step, ...]]:
    """The fields that an expression reads, without the parameters of its lambda expressions."""
    match tree:
        case Field(steps):
            if steps[0] not in parameters:
                yield steps
        case Lambda(parameter, body):
            yield from _fields(body, parameters | {parameter})
        case Call("object_to_map", (first, Field())):  # the second is the name of a field of the first
            yield from _fields(first, parameters)
        case Call("contains_key" | "is_set"):  # about fields that may be missing
            return
        case _:
            for part in _parts(tree):
                yield from _fields(part, parameters)
