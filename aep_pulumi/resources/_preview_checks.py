"""Preview checks: what a mapping may say, against the schema that takes its values and the source that its columns are of.

What the program itself declares is known in the first preview, when no id is; what exists already, Platform is asked about.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from aep_pulumi.client import Client, data_prep, flow_service, schema_registry
from aep_pulumi.errors import NotFoundError, RejectedError
from aep_pulumi.kinds import SCHEMA, did_you_mean, nearest
from aep_pulumi.resources._constraints import functions_in
from aep_pulumi.resources._field_groups import FieldGroups
from aep_pulumi.resources._fields import Inputs, Name, Problem, Values, holds_unknown, is_unknown
from aep_pulumi.resources._lookups import lookup
from aep_pulumi.resources._reference_checks import referenced
from aep_pulumi.resources.field_group import FieldGroup, FieldName, XdmField, properties_of
from aep_pulumi.resources.schema import Schema
from aep_pulumi.resources.source_connection import SourceConnection

Properties: TypeAlias = Mapping[str, Any]
"""Fields by name, each a JSON Schema with `properties` or `items` of its own."""

_INDEX = re.compile(r"\[(\d+|\*)\]")
_MAX_DEPTH = 12
_MISSPELLED_CUTOFF = 0.9
"""How alike a misspelt path and the right one are, at least."""
_NUMBERS = frozenset({"integer", "number"})


# -- what is known -----------------------------------------------------------------------------------------------------


class KnownSchema(Inputs):
    """What the program itself says of the output schema."""

    noun = "mapping set's schema"

    class_id: str | None = None
    """Its class."""
    field_groups: list[Name] | None = None
    """Its field groups that are known by their ids."""
    own: list[Any] | None = None
    """The fields of its other field groups."""


class KnownSource(Inputs):
    """What the program itself says of the source connection."""

    noun = "mapping set's source"

    base_connection_id: str | None = None
    """The account."""
    table_name: str | None = None
    """The table."""
    columns: list[Any] | None = None
    """The columns, where some are named."""


class _Fields(Inputs):
    fields: dict[FieldName, XdmField]


def known_of_schema(schema: Schema) -> Values:
    """What a program says of a schema that it declares."""
    groups = schema.specified.get("field_groups")
    listed = groups if isinstance(groups, list | tuple) else []
    return {
        "class_id": schema.specified.get("class_id"),
        # As an output, the whole list is known once the output is.
        "field_groups": [group for group in listed if not isinstance(group, FieldGroup)] if listed or groups is None else groups,
        "own": [group.specified.get("fields") for group in listed if isinstance(group, FieldGroup)],
    }


def known_of_source(source: SourceConnection) -> Values:
    """What a program says of a source connection that it declares."""
    return {name: source.resolved.get(name) for name in KnownSource.model_fields}


def fields_known(platform: Client, schema_id: str, known: KnownSchema | None) -> Properties | None:
    """The fields of the output schema, or None where the preview does not know them yet."""
    if known is None:
        return None if is_unknown(schema_id) else _fields_of(platform, "schemas", schema_id)
    if is_unknown(known) or known.class_id is None or any(map(holds_unknown, (known.class_id, known.field_groups, known.own))):
        return None
    parts = [_fields_of(platform, "classes", known.class_id)]
    parts += [_fields_of(platform, "fieldgroups", group) for group in known.field_groups or []]
    for own in known.own or []:
        fields, _problems = _Fields.read({"fields": own})
        namespace = lookup(platform, "statistics", lambda: schema_registry.tenant_namespace(platform))
        if fields is None or namespace is None:  # what is wrong with them, the field group's own check reports
            return None
        parts.append({namespace: {"type": "object", "properties": properties_of(fields.fields)}})
    # Of a part that is not there, or cannot be read, nobody knows the fields.
    return None if None in parts else merged(*filter(None, parts))


def class_known(platform: Client, schema_id: str, known: KnownSchema | None) -> str | None:
    """The class of the output schema, where the preview knows it."""
    if known is not None:
        class_id = None if is_unknown(known) else known.class_id
        return class_id if isinstance(class_id, str) and not is_unknown(class_id) else None
    reported = (referenced(platform, SCHEMA, schema_id) or {}).get("meta:class")
    return reported if isinstance(reported, str) else None


def _fields_of(platform: Client, kind: str, resource_id: str) -> Properties | None:
    def query() -> Properties | None:
        try:
            return schema_registry.fields_of(platform, kind, resource_id)
        except (NotFoundError, RejectedError):
            return None  # the check of the resource that names it says so

    return lookup(platform, "fields", query)


def columns_known(platform: Client, known: KnownSource | None) -> dict[str, Values] | None:
    """The columns by name, or None where the preview does not know them yet."""
    if known is None or is_unknown(known) or is_unknown(known.columns):
        return None
    if known.columns is not None:
        named = {column.get("name"): column for column in known.columns if isinstance(column, dict)}
        # Invalid columns are reported by the source connection's own check.
        is_whole = len(named) == len(known.columns) and all(isinstance(name, str) and not is_unknown(name) for name in named)
        return {str(name): column for name, column in named.items()} if is_whole else None
    if known.base_connection_id is None or known.table_name is None:
        return None
    if is_unknown(known.base_connection_id) or is_unknown(known.table_name):
        return None
    base_id, table = known.base_connection_id, known.table_name

    def query() -> Sequence[Mapping[str, object]] | None:
        try:
            return flow_service.columns(platform, base_id, table)
        except (NotFoundError, RejectedError):
            return None  # the source connection's own check says so

    columns = lookup(platform, "columns", query)
    if columns is None:
        return None
    return {str(column["name"]): {"type": column.get("type"), "xdm_type": column.get("meta:xdmType")} for column in columns}


# -- what is wrong -----------------------------------------------------------------------------------------------------


class Mapped(Protocol):
    """One mapping, as far as it is checked."""

    @property
    def source(self) -> str:
        """The column, the expression, or the fixed value."""

    @property
    def destination(self) -> str:
        """The field's path."""

    @property
    def source_type(self) -> str:
        """What `source` is."""


def mapping_problems(
    mappings: Sequence[Mapped], fields: Properties | None, columns: Mapping[str, Values] | None, groups: FieldGroups
) -> Iterator[Problem]:
    """What is wrong with mappings, as far as fields and columns are known.

    Args:
        mappings: the mappings.
        fields: the fields of the schema by name; None where nobody knows them.
        columns: the columns of the source by name; None where nobody knows them.
        groups: the field groups that the schema could have.
    """
    for position, mapping in enumerate(mappings):
        if is_unknown(mapping):
            continue
        column, path = None, f"mappings[{position}]"
        if columns is not None and mapping.source_type == "ATTRIBUTE" and not is_unknown(mapping.source):
            column = columns.get(mapping.source)
            if column is None:
                hint = did_you_mean(mapping.source, columns, f"it has {', '.join(columns)}")
                yield Problem(f"{path}.source", f"is {mapping.source!r}, which the source connection has no column of: {hint}")
        if fields is not None and not is_unknown(mapping.destination):
            yield from _destination_problems(f"{path}.destination", mapping.destination, fields, column, groups)


def expression_problems(platform: Client, mappings: Sequence[Mapped]) -> Iterator[Problem]:
    """What is wrong with expressions. Platform itself is the judge."""
    for position, mapping in enumerate(mappings):
        if is_unknown(mapping) or mapping.source_type != "EXPRESSION" or is_unknown(mapping.source):
            continue
        text = mapping.source
        if lookup(platform, "expressions", functools.partial(data_prep.is_expression, platform, text)) is not False:
            continue
        functions = lookup(platform, "functions", lambda: data_prep.functions(platform)) or ()
        unknown = [name for name in functions_in(text) if functions and name not in functions]
        hint = "Platform cannot parse it"
        if unknown:
            hint = f"there is no function {unknown[0]}"
            if near := nearest(unknown[0], functions):
                hint += f": did you mean {near}?"
        yield Problem(f"mappings[{position}].source", f"is {text!r}, which is not a valid expression: {hint}")


def property_problems(platform: Client, schema_id: str, source_property: str) -> Iterator[Problem]:
    """What is wrong with the field that a descriptor names, such as `/person/name`."""
    fields = _fields_of(platform, "schemas", schema_id)
    path = source_property.removeprefix("/").replace("/", ".")
    if fields is not None and field_at(fields, path) is None:
        groups = FieldGroups(platform, class_known(platform, schema_id, None))
        hint = _hint(path, fields, groups, lambda near: f"/{near.replace('.', '/')}")
        yield Problem("source_property", f"is {source_property!r}, which the schema has no field of: {hint}")


def _hint(destination: str, fields: Properties, groups: FieldGroups, spell: Callable[[str], str] = str) -> str:
    """What to do about a field that a schema does not have."""
    # What is nearly right is a misspelling, and else another field group may have the very field.
    near = nearest(destination, paths_of(fields), cutoff=_MISSPELLED_CUTOFF)
    if near is None:
        top = destination.partition(".")[0].partition("[")[0]
        group = groups.having(top, lambda others: field_at(others, destination) is not None)
        if group is not None:
            return f"add the field group {group.rpartition('/')[2]} ({group}) to the schema"
        near = nearest_path(fields, destination)
    return f"did you mean {spell(near)}?" if near else f"it has {', '.join(map(spell, fields))} at the top"


def _destination_problems(
    path: str, destination: str, fields: Properties, column: Values | None, groups: FieldGroups
) -> Iterator[Problem]:
    field = field_at(fields, destination)
    if field is None:
        yield Problem(path, f"is {destination!r}, which the schema has no field of: {_hint(destination, fields, groups)}")
    elif reason := why_unfit(column, field):
        yield Problem(path, f"is {destination!r}, which {reason}")


# -- fields as paths ---------------------------------------------------------------------------------------------------


def field_at(properties: Properties, path: str) -> Properties | None:
    """The field at a path such as `person.name.firstName`, or None. An array's index, `[0]` or `[*]`, may be said or not."""
    field: Properties = {"type": "object", "properties": properties}
    for step in _INDEX.sub("", path).replace("\\.", "\0").split("."):
        name = step.replace("\0", ".")
        holder = _holder(field)
        members = holder.get("properties")
        if isinstance(members, Mapping) and name in members:
            field = members[name]
        elif isinstance(any_member := holder.get("additionalProperties"), Mapping):
            field = any_member
        else:
            return None
    return field


def nearest_path(properties: Properties, path: str) -> str | None:
    """The path that a misspelt one was meant to be, or None."""
    paths = list(paths_of(properties))
    # A right name at a wrong place: `firstName` for `person.name.firstName`.
    ending = [each for each in paths if each.endswith(f".{path.rpartition('.')[2]}")]
    return nearest(path, paths) or min(ending, key=len, default=None)


def paths_of(properties: Properties, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Every path, outer ones first."""
    for name, field in properties.items():
        yield prefix + name
        members = _holder(field).get("properties")
        if isinstance(members, Mapping) and depth < _MAX_DEPTH:
            yield from paths_of(members, f"{prefix}{name}.", depth + 1)


def why_unfit(column: Mapping[str, Any] | None, field: Properties) -> str | None:
    """Why a column's values do not fit a field, or None where they do. Texts are converted by Data Prep, so they fit any value.

    Args:
        column: the column, `{"type": …, "xdm_type": …}`; None where only the field is known.
        field: the field's JSON Schema.
    """
    kind = field.get("type")
    if kind == "object" and isinstance(field.get("properties"), Mapping):
        return f"is an object: map the column to one of its fields, such as {next(iter(field['properties']), '…')}"
    if column is None or not isinstance(kind, str):
        return None
    reported = str(column.get("type", "string")).lower()
    moment = "date" in f"{column.get('xdm_type') or ''}{(column.get('xdm') or {}).get('format') or ''}"
    column_type = "number" if reported in {"double", "float", "long", "number", "integer"} else "date-time" if moment else reported
    expected = "number" if kind in _NUMBERS else kind
    misfits = {("boolean", "number"), ("number", "boolean"), ("date-time", "number"), ("date-time", "boolean")}
    return f"is {kind}, and the column is {column_type}" if (column_type, expected) in misfits else None


def merged(*parts: Properties) -> dict[str, Any]:
    """One set of fields made of several: where two have one object, its fields are those of both."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, field in part.items():
            both = isinstance(whole.get(name), Mapping) and isinstance(field, Mapping)
            inner = (whole[name].get("properties"), field.get("properties")) if both else (None, None)
            if isinstance(inner[0], Mapping) and isinstance(inner[1], Mapping):
                whole[name] = {**whole[name], **field, "properties": merged(inner[0], inner[1])}
            else:
                whole[name] = field
    return whole


def _holder(field: Properties) -> Properties:
    items = field.get("items")
    return _holder(items) if field.get("type") == "array" and isinstance(items, Mapping) else field
