"""Mapping set: maps source columns to schema fields."""

import re
from collections.abc import Iterator, Set as AbstractSet
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pulumi import Output
from pydantic import Field, model_validator

from aep_pulumi.client import data_prep
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.models import data_prep as wire
from aep_pulumi.resources._constraints import WrongInsideError, unbalanced
from aep_pulumi.resources._field_groups import FieldGroups
from aep_pulumi.resources._fields import Inputs, Problem, Values, is_unknown
from aep_pulumi.resources._marks import CHECK_ONLY, MAY_BE_BLANK, ByResource, SetBy
from aep_pulumi.resources._preview_checks import (
    KnownSchema,
    KnownSource,
    class_known,
    columns_known,
    expression_problems,
    fields_known,
    known_of_schema,
    known_of_source,
    mapping_problems,
)
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import MappingSetSignature
from aep_pulumi.resources._wire import Wire

SourceType: TypeAlias = Literal["ATTRIBUTE", "EXPRESSION", "STATIC"]

_STEP = re.compile(r"\[[^\]]*\]|(?:\\.|[^.\[\\])+")
_ANY_ITEM = {"[*]", "[]"}
_ATTRIBUTE_READ = "text/x.schema-path"
"""The value that Platform returns for `ATTRIBUTE`. For an expression it returns another, undocumented media type."""


def _source_type(value: str | None) -> SourceType:
    if value is None or value == _ATTRIBUTE_READ:
        return "ATTRIBUTE"
    if "static" in value.lower():
        return "STATIC"
    return "ATTRIBUTE" if value == "ATTRIBUTE" else "EXPRESSION"


class Mapping(Inputs):
    """A column, an expression or a constant, and the field that it is written to."""

    noun = "mapping"

    source: Annotated[str, MAY_BE_BLANK, Field(min_length=1, max_length=4096), Wire("/source")]
    """The column, the expression, or the constant."""
    destination: Annotated[str, Wire("/destination")]
    """The field's path in the schema, such as `person.name.firstName`, without `xdm:` and `properties`."""
    source_type: Annotated[SourceType, Wire("/sourceType", read=_source_type)] = "ATTRIBUTE"
    """What `source` is: a column, an expression in Data Prep's language, or a constant."""
    name: Annotated[str | None, MAY_BE_BLANK, Wire("/name")] = None
    """The display name."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """The description."""

    @model_validator(mode="after")
    def _source_is_valid(self) -> Self:
        if is_unknown(self) or is_unknown(self.source) or is_unknown(self.source_type) or self.source_type == "STATIC":
            return self
        if not self.source.strip():
            raise WrongInsideError(("source",), "is blank: a column or an expression is required")
        if self.source_type == "EXPRESSION" and (reason := unbalanced(self.source)):
            raise WrongInsideError(("source",), f"is {self.source!r}, which is not a valid expression: {reason}")
        return self


def one_field(destination: str, other: str) -> bool:
    """Whether two destinations are the same field, or one contains the other. `[*]` is any item of an array."""
    pairs = zip(*(_STEP.findall(path) for path in (destination, other)), strict=False)
    return all(one == two or {one, two} & _ANY_ITEM for one, two in pairs)


class MappingSetInputs(Inputs):
    """The inputs of a mapping set."""

    name: Annotated[str | None, MAY_BE_BLANK, Wire("/name")] = None
    """The display name."""
    schema_id: Annotated[str, Wire("/outputSchema/schemaRef/id")]
    """The schema of the fields, as a resource or by its `$id`: it must be that of the dataset which the dataflow writes to."""
    mappings: Annotated[list[Mapping], SetBy("destination", one_field), Field(min_length=1), Wire("/mappings")]
    """The mappings. Their order only matters between mappings to the same field, or to a field and one of its subfields."""
    known_schema: Annotated[KnownSchema | None, CHECK_ONLY, ByResource("Schema", "schema", known_of_schema)] = None
    """The schema as a resource: even the first preview then rejects mappings to fields that it does not have."""
    known_source: Annotated[KnownSource | None, CHECK_ONLY, ByResource("SourceConnection", "source", known_of_source)] = None
    """The source connection of the columns: a preview then rejects mappings of columns that it does not read."""


class MappingSetProvider(Provider[MappingSetInputs, wire.MappingSet]):
    """The provider of mapping sets."""

    inputs = MappingSetInputs
    model = wire.MappingSet
    collection = staticmethod(data_prep.MappingSets)
    constants: ClassVar = {"/outputSchema/schemaRef/contentType": "application/vnd.adobe.xed-full+json;version=1"}
    outputs = ("version",)
    lookup_field = None  # the name is optional

    def from_wire(self, remote: wire.MappingSet) -> Values:
        return super().from_wire(remote) | {"schema_id": remote.schema_id}

    def problems(self, desired: MappingSetInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        if not is_unknown(desired.mappings):
            known = desired.known_schema
            fields = fields_known(self.platform, desired.schema_id, known) if known or "schema_id" in as_text else None
            columns = columns_known(self.platform, desired.known_source)
            groups = FieldGroups(self.platform, class_known(self.platform, desired.schema_id, known))
            yield from mapping_problems(desired.mappings, fields, columns, groups)
            yield from expression_problems(self.platform, desired.mappings)

    def returned_outputs(self, response: RemoteObject) -> Values:
        return {"version": response.body["version"]} if "version" in response.body else {}


class MappingSet(MappingSetSignature, provider=MappingSetProvider):
    """Maps source columns to schema fields. Every change creates a new version under the same id.

    A dataflow pins a version: pass it the mapping set itself (`mapping_set=`), so that a changed mapping is used by the next run.
    Source: Adobe's guide "Mapping sets API endpoints".
    """

    version: Output[int]
    """The current version, for a dataflow to pin. It increases with every change."""
