"""Mapping set: which column becomes which field."""

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
from aep_pulumi.resources._fields import CHECK_ONLY, MAY_BE_BLANK, ByResource, Inputs, Problem, SetBy, Values, is_unknown
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
"""How Platform reads `ATTRIBUTE` back. For an expression it says another media type, which no page names."""


def _source_type(told: str | None) -> SourceType:
    if told is None or told == _ATTRIBUTE_READ:
        return "ATTRIBUTE"
    if "static" in told.lower():
        return "STATIC"
    return "ATTRIBUTE" if told == "ATTRIBUTE" else "EXPRESSION"


class Mapping(Inputs):
    """One column, or a calculation over columns, and the field that takes it."""

    noun = "mapping"

    source: Annotated[str, MAY_BE_BLANK, Field(min_length=1, max_length=4096), Wire("/source")]
    """The column, the expression, or the fixed value."""
    destination: Annotated[str, Wire("/destination")]
    """The field's path in the schema, such as `person.name.firstName`: no `xdm:`, no `properties`."""
    source_type: Annotated[SourceType, Wire("/sourceType", read=_source_type)] = "ATTRIBUTE"
    """What `source` is: a column, an expression of Data Prep's language, or a fixed value."""
    name: Annotated[str | None, MAY_BE_BLANK, Wire("/name")] = None
    """A name for people."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """What it is for."""

    @model_validator(mode="after")
    def _source_says_something(self) -> Self:
        if is_unknown(self) or is_unknown(self.source) or is_unknown(self.source_type) or self.source_type == "STATIC":
            return self
        if not self.source.strip():
            raise WrongInsideError(("source",), "is blank: it needs a column or an expression")
        if self.source_type == "EXPRESSION" and (reason := unbalanced(self.source)):
            raise WrongInsideError(("source",), f"is {self.source!r}, which is not a valid expression: {reason}")
        return self


def one_field(destination: str, other: str) -> bool:
    """Whether two destinations are one field, or one a part of the other. `[*]` is any item of an array."""
    pairs = zip(*(_STEP.findall(path) for path in (destination, other)), strict=False)
    return all(one == two or {one, two} & _ANY_ITEM for one, two in pairs)


class MappingSetInputs(Inputs):
    """What a program may say of a mapping set."""

    name: Annotated[str | None, MAY_BE_BLANK, Wire("/name")] = None
    """A name for people."""
    schema_id: Annotated[str, Wire("/outputSchema/schemaRef/id")]
    """The schema of the fields: that of the dataset which the dataflow writes to. An id is its `$id`."""
    mappings: Annotated[list[Mapping], SetBy("destination", one_field), Field(min_length=1), Wire("/mappings")]
    """The mappings. Their order counts only among those that write one field, or a field and one of its parts."""
    known_schema: Annotated[KnownSchema | None, CHECK_ONLY, ByResource("Schema", "schema", known_of_schema)] = None
    """With the resource, the first preview knows its fields, and rejects a mapping to any other."""
    known_source: Annotated[KnownSource | None, CHECK_ONLY, ByResource("SourceConnection", "source", known_of_source)] = None
    """The source connection whose columns are mapped. With it, a preview knows them, and rejects a mapping of any other."""


class MappingSetProvider(Provider[MappingSetInputs, wire.MappingSet]):
    """Performs mapping sets."""

    inputs = MappingSetInputs
    model = wire.MappingSet
    collection = staticmethod(data_prep.MappingSets)
    constants: ClassVar = {"/outputSchema/schemaRef/contentType": "application/vnd.adobe.xed-full+json;version=1"}
    outputs = ("version",)
    lookup_field = None  # it need not have a name

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

    def returned_outputs(self, stored: RemoteObject) -> Values:
        return {"version": stored.body["version"]} if "version" in stored.body else {}


class MappingSet(MappingSetSignature, provider=MappingSetProvider):
    """Which column becomes which field. Every change makes a new version under the same id.

    A dataflow pins a version: give it the mapping set itself (`mapping_set=`), and a changed mapping reaches the next run.
    Source: Adobe's guide "Mapping sets API endpoints".
    """

    version: Output[int]
    """Which version it is, for a dataflow to pin; it moves with every change."""
