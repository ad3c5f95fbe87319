"""Preview checks of mappings, against the target schema's fields and the source's columns.

Schemas and sources that the program declares are known even in the first preview, when ids are not; existing ones are looked up
on Platform.
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
"""The minimum similarity between a misspelled path and a suggestion."""
_NUMBERS = frozenset({"integer", "number"})


# -- known schemas and sources -----------------------------------------------------------------------------------------


class KnownSchema(Inputs):
    """What the program declares of the output schema."""

    noun = "mapping set's schema"

    class_id: str | None = None
    """Its class."""
    field_groups: list[Name] | None = None
    """The ids of its field groups that the program does not declare."""
    own: list[Any] | None = None
    """The fields of its field groups that the program declares."""


class KnownSource(Inputs):
    """What the program declares of the source connection."""

    noun = "mapping set's source"

    base_connection_id: str | None = None
    """The base connection."""
    table_name: str | None = None
    """The table."""
    columns: list[Any] | None = None
    """The columns, if they are set."""


class _Fields(Inputs):
    fields: dict[FieldName, XdmField]


def known_of_schema(schema: Schema) -> Values:
    """What is known of a schema that the program declares."""
    groups = schema.specified.get("field_groups")
    listed = groups if isinstance(groups, list | tuple) else []
    return {
        "class_id": schema.specified.get("class_id"),
        # If the list is an output, it is known as a whole or not at all.
        "field_groups": [group for group in listed if not isinstance(group, FieldGroup)] if listed or groups is None else groups,
        "own": [group.specified.get("fields") for group in listed if isinstance(group, FieldGroup)],
    }


def known_of_source(source: SourceConnection) -> Values:
    """What is known of a source connection that the program declares."""
    return {name: source.resolved.get(name) for name in KnownSource.model_fields}


def fields_known(platform: Client, schema_id: str, known: KnownSchema | None) -> Properties | None:
    """The fields of the output schema, or None if the preview does not know them yet."""
    if known is None:
        return None if is_unknown(schema_id) else _fields_of(platform, "schemas", schema_id)
    if is_unknown(known) or known.class_id is None or any(map(holds_unknown, (known.class_id, known.field_groups, known.own))):
        return None
    parts = [_fields_of(platform, "classes", known.class_id)]
    parts += [_fields_of(platform, "fieldgroups", group) for group in known.field_groups or []]
    for own in known.own or []:
        fields, _problems = _Fields.read({"fields": own})
        namespace = lookup(platform, "statistics", lambda: schema_registry.tenant_namespace(platform))
        if fields is None or namespace is None:  # invalid fields are reported by the field group's own check
            return None
        parts.append({namespace: {"type": "object", "properties": properties_of(fields.fields)}})
    # If one part does not exist or cannot be read, the fields are not known.
    return None if None in parts else merged(*filter(None, parts))


def class_known(platform: Client, schema_id: str, known: KnownSchema | None) -> str | None:
    """The class of the output schema, or None if the preview does not know it yet."""
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
            return None  # reported by the check of the resource that refers to it

    return lookup(platform, "fields", query)


def columns_known(platform: Client, known: KnownSource | None) -> dict[str, Values] | None:
    """The columns by name, or None if the preview does not know them yet."""
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
            return None  # reported by the source connection's own check

    columns = lookup(platform, "columns", query)
    if columns is None:
        return None
    return {str(column["name"]): {"type": column.get("type"), "xdm_type": column.get("meta:xdmType")} for column in columns}


# -- checks ------------------------------------------------------------------------------------------------------------


class Mapped(Protocol):
    """The part of a mapping that is checked."""

    @property
    def source(self) -> str:
        """The column, the expression, or the static value."""

    @property
    def destination(self) -> str:
        """The field's path."""

    @property
    def source_type(self) -> str:
        """The type of `source`."""


def mapping_problems(
    mappings: Sequence[Mapped], fields: Properties | None, columns: Mapping[str, Values] | None, groups: FieldGroups
) -> Iterator[Problem]:
    """Validate mappings, as far as fields and columns are known.

    Args:
        mappings: the mappings.
        fields: the fields of the schema by name; None if they are not known.
        columns: the columns of the source by name; None if they are not known.
        groups: the field groups that the schema could use.
    """
    for position, mapping in enumerate(mappings):
        if is_unknown(mapping):
            continue
        column, path = None, f"mappings[{position}]"
        if columns is not None and mapping.source_type == "ATTRIBUTE" and not is_unknown(mapping.source):
            column = columns.get(mapping.source)
            if column is None:
                hint = did_you_mean(mapping.source, columns, f"it has {', '.join(columns)}")
                yield Problem(f"{path}.source", f"is {mapping.source!r}, which is not a column of the source connection: {hint}")
        if fields is not None and not is_unknown(mapping.destination):
            yield from _destination_problems(f"{path}.destination", mapping.destination, fields, column, groups)


def expression_problems(platform: Client, mappings: Sequence[Mapped]) -> Iterator[Problem]:
    """Validate expressions with Platform's own parser."""
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
    """Validate the field that a descriptor refers to, such as `/person/name`."""
    fields = _fields_of(platform, "schemas", schema_id)
    path = source_property.removeprefix("/").replace("/", ".")
    if fields is not None and field_at(fields, path) is None:
        groups = FieldGroups(platform, class_known(platform, schema_id, None))
        hint = _hint(path, fields, groups, lambda near: f"/{near.replace('.', '/')}")
        yield Problem("source_property", f"is {source_property!r}, which is not a field of the schema: {hint}")


def _hint(destination: str, fields: Properties, groups: FieldGroups, spell: Callable[[str], str] = str) -> str:
    """The advice for a field that a schema does not have."""
    # A very similar path means a misspelling; otherwise another field group may contain the field.
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
        yield Problem(path, f"is {destination!r}, which is not a field of the schema: {_hint(destination, fields, groups)}")
    elif reason := why_unfit(column, field):
        yield Problem(path, f"is {destination!r}, which {reason}")


# -- field paths -------------------------------------------------------------------------------------------------------


def field_at(properties: Properties, path: str) -> Properties | None:
    """The field at a path such as `person.name.firstName`, or None. Array indexes, `[0]` or `[*]`, are optional."""
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
    """The most similar path to a misspelled one, or None."""
    paths = list(paths_of(properties))
    # The right name without its parents: `firstName` for `person.name.firstName`.
    ending = [each for each in paths if each.endswith(f".{path.rpartition('.')[2]}")]
    return nearest(path, paths) or min(ending, key=len, default=None)


def paths_of(properties: Properties, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Every path, parents first."""
    for name, field in properties.items():
        yield prefix + name
        members = _holder(field).get("properties")
        if isinstance(members, Mapping) and depth < _MAX_DEPTH:
            yield from paths_of(members, f"{prefix}{name}.", depth + 1)


def why_unfit(column: Mapping[str, Any] | None, field: Properties) -> str | None:
    """Why a column's type is not compatible with a field, or None. Data Prep converts strings, so they are always compatible.

    Args:
        column: the column, `{"type": …, "xdm_type": …}`; None if only the field is known.
        field: the field's JSON Schema.
    """
    kind = field.get("type")
    if kind == "object" and isinstance(field.get("properties"), Mapping):
        return f"is an object: map the column to one of its fields, such as {next(iter(field['properties']), '…')}"
    if column is None or not isinstance(kind, str):
        return None
    reported = str(column.get("type", "string")).lower()
    moment = "date" in f"{column.get('xdm_type') or ''}{(column.get('xdm') or {}).get('format') or ''}"
    column_type = (
        "number" if reported in {"double", "float", "long", "number", "integer"} else "date-time" if moment else reported
    )
    expected = "number" if kind in _NUMBERS else kind
    misfits = {("boolean", "number"), ("number", "boolean"), ("date-time", "number"), ("date-time", "boolean")}
    return f"is of type {kind}, but the column is of type {column_type}" if (column_type, expected) in misfits else None


def merged(*parts: Properties) -> dict[str, Any]:
    """Merge sets of fields: an object that several of them contain has the fields of all."""
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
