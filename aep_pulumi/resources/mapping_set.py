"""Mapping set: which column becomes which field."""

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import Field

from aep_pulumi.client import data_prep, flow_service, schema_registry
from aep_pulumi.client.collection import Stored
from aep_pulumi.models.data_prep import MappingItem
from aep_pulumi.models.data_prep import MappingSet as Found
from aep_pulumi.resources import _xdm
from aep_pulumi.resources._fields import CHECK_ONLY, Inputs, Problem, Text, Values, holds_unknown, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource
from aep_pulumi.resources.field_group import properties_of
from aep_pulumi.resources.schema import Schema
from aep_pulumi.resources.source_connection import SourceConnection

SourceType: TypeAlias = Literal["ATTRIBUTE", "EXPRESSION", "STATIC"]

_CONTENT_TYPE = "application/vnd.adobe.xed-full+json;version=1"
_ATTRIBUTE_READ = "text/x.schema-path"
"""How Platform reads `ATTRIBUTE` back. For an expression it says another media type, which no page names."""


class Mapping(Inputs):
    """One column, or a calculation over columns, and the field that takes it."""

    noun = "mapping"

    source: Annotated[str, Field(min_length=1, max_length=4096)]
    """The column, the expression, or the fixed value."""
    destination: Annotated[str, Field(min_length=1)]
    """The field's path in the schema, such as `person.name.firstName`: no `xdm:`, no `properties`."""
    source_type: SourceType = "ATTRIBUTE"
    """What `source` is: a column, an expression of Data Prep's language, or a fixed value."""
    name: str | None = None
    """A name for people."""
    description: str | None = None
    """What it is for."""


class KnownSchema(Inputs):
    """What the program itself says of the output schema."""

    noun = "mapping set's schema"

    class_id: str | None = None
    """Its class."""
    field_groups: list[Text] | None = None
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


class MappingSetInputs(Inputs):
    """What a program may say of a mapping set."""

    noun = "mapping set"

    name: str | None = None
    """A name for people."""
    schema_id: str
    """The schema of the fields, by `$id`: the schema of the dataset that the dataflow writes to."""
    mappings: Annotated[list[Mapping], Field(min_length=1)]
    """The mappings, in order."""
    known_schema: Annotated[KnownSchema | None, CHECK_ONLY] = None
    """What the preview knows of the schema: the constructor says it, where it is given the `Schema` itself."""
    known_source: Annotated[KnownSource | None, CHECK_ONLY] = None
    """What the preview knows of the columns: the constructor says it, where it is given the `SourceConnection` itself."""


class MappingSetProvider(Provider[MappingSetInputs, Found]):
    """Performs `/conversion/mappingSets`."""

    inputs = MappingSetInputs
    model = Found
    collection = staticmethod(data_prep.MappingSets)
    outputs = ("version",)
    found_by = None  # it need not have a name

    def to_wire(self, wanted: MappingSetInputs, state: Values) -> Values:
        body: Values = {} if wanted.name is None else {"name": wanted.name}
        return body | {
            "outputSchema": {"schemaRef": {"id": wanted.schema_id, "contentType": _CONTENT_TYPE}},
            "mappings": [
                {("sourceType" if name == "source_type" else name): value for name, value in mapping.plain().items()}
                for mapping in wanted.mappings
            ],
        }

    def from_wire(self, found: Found) -> Values:
        return {
            "name": found.name,
            "schema_id": found.schema_id,
            "mappings": [
                {
                    "source": mapping.source or mapping.source_attribute,
                    "destination": mapping.destination or mapping.destination_xdm_path,
                    "source_type": _source_type(mapping),
                    "name": mapping.name,
                    "description": mapping.description,
                }
                for mapping in found.mappings
            ],
        }

    def problems(self, wanted: MappingSetInputs) -> Iterator[Problem]:
        if is_unknown(wanted.mappings):
            return
        fields, columns = self._fields(wanted), self._columns(wanted)
        for at, mapping in enumerate(wanted.mappings):
            if is_unknown(mapping):
                continue
            column, path = None, f"mappings[{at}]"
            if columns is not None and mapping.source_type == "ATTRIBUTE" and not is_unknown(mapping.source):
                column = columns.get(mapping.source)
                if column is None:
                    near = next(iter(difflib.get_close_matches(mapping.source, columns, n=1)), None)
                    rather = f"did you mean {near}?" if near else f"it has {', '.join(columns)}"
                    yield Problem(
                        f"{path}.source", f"is {mapping.source!r}, which the source connection has no column of: {rather}"
                    )
            if fields is not None and not is_unknown(mapping.destination):
                yield from _destination_problems(f"{path}.destination", mapping.destination, fields, column)

    def _fields(self, wanted: MappingSetInputs) -> _xdm.Properties | None:
        """The fields of the output schema, or None where the preview does not know them yet."""
        known = wanted.known_schema
        if known is None:
            if is_unknown(wanted.schema_id):
                return None
            return schema_registry.fields_of(self.platform, "schemas", wanted.schema_id)
        if (
            is_unknown(known)
            or known.class_id is None
            or any(map(holds_unknown, (known.class_id, known.field_groups, known.own)))
        ):
            return None
        parts = [schema_registry.fields_of(self.platform, "classes", known.class_id)]
        parts += [schema_registry.fields_of(self.platform, "fieldgroups", group) for group in known.field_groups or []]
        for own in known.own or []:
            parts.append({schema_registry.tenant_namespace(self.platform): {"type": "object", "properties": properties_of(own)}})
        return _xdm.merged(*parts)

    def _columns(self, wanted: MappingSetInputs) -> dict[str, Values] | None:
        """The columns by name, or None where the preview does not know them yet."""
        known = wanted.known_source
        if known is None or is_unknown(known) or is_unknown(known.columns):
            return None
        if known.columns is not None:
            named = {column.get("name"): column for column in known.columns if isinstance(column, dict)}
            # What is no column, the source connection's own check refuses.
            is_whole = len(named) == len(known.columns) and all(isinstance(name, str) and not is_unknown(name) for name in named)
            return {str(name): column for name, column in named.items()} if is_whole else None
        if known.base_connection_id is None or known.table_name is None:
            return None
        if is_unknown(known.base_connection_id) or is_unknown(known.table_name):
            return None
        found = flow_service.columns(self.platform, known.base_connection_id, known.table_name)
        return {str(column["name"]): {"type": column.get("type"), "xdm_type": column.get("meta:xdmType")} for column in found}

    def told(self, stored: Stored) -> Values:
        return {"version": stored.body["version"]} if "version" in stored.body else {}


def _destination_problems(path: str, destination: str, fields: _xdm.Properties, column: Values | None) -> Iterator[Problem]:
    field = _xdm.field_at(fields, destination)
    if field is None:
        near = _xdm.nearest(fields, destination)
        rather = f"did you mean {near}?" if near else "look the schema's fields up in Platform"
        yield Problem(path, f"is {destination!r}, which the schema has no field of: {rather}")
    elif reason := _xdm.why_unfit(column, field):
        yield Problem(path, f"is {destination!r}, which {reason}")


def _source_type(mapping: MappingItem) -> str:
    said = mapping.source_type or _ATTRIBUTE_READ
    if said == _ATTRIBUTE_READ:
        return "ATTRIBUTE"
    if "static" in said.lower():
        return "STATIC"
    return said if said == "ATTRIBUTE" else "EXPRESSION"


class MappingArgs(TypedDict):
    """One column, or a calculation over columns, and the field that takes it."""

    source: Input[str]
    destination: Input[str]
    source_type: NotRequired[Input[SourceType]]
    name: NotRequired[Input[str]]
    description: NotRequired[Input[str]]


class MappingSet(Resource, provider=MappingSetProvider):
    """Which column becomes which field. Every change makes a new version under the same id.

    A dataflow pins a version: wire both `id` and `version` to it, and a changed mapping reaches the next run. Source: Adobe's
    guide "Mapping sets API endpoints".
    """

    name: Output[str | None]
    schema_id: Output[str]
    mappings: Output[list[Part]]
    version: Output[int]
    """Which version it is, for a dataflow to pin; it moves with every change."""

    @classmethod
    def translated(cls, inputs: dict[str, Any]) -> dict[str, Any]:
        """`schema` takes the `Schema` itself in place of `schema_id`, and `source` the `SourceConnection`.

        Then a preview knows the fields and the columns, and refuses a mapping of others.
        """
        inputs = dict(inputs)
        if isinstance(schema := inputs.get("schema"), Schema):
            del inputs["schema"]
            inputs = {"schema_id": schema.id, **inputs, "known_schema": schema.composition}
        if isinstance(source := inputs.get("source"), SourceConnection):
            del inputs["source"]
            inputs["known_source"] = {name: source.said.get(name) for name in KnownSource.model_fields}
        return inputs

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            mappings: Input[Sequence[MappingArgs]],
            schema_id: Input[str] | None = None,
            schema: Schema | None = None,
            source: SourceConnection | None = None,
            name: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
