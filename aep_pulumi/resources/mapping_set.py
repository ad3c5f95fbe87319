"""Mapping set: which column becomes which field."""

from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypeAlias, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import Field

from aep_pulumi.client import data_prep
from aep_pulumi.client.collection import Stored
from aep_pulumi.models.data_prep import MappingItem
from aep_pulumi.models.data_prep import MappingSet as Found
from aep_pulumi.resources._fields import Inputs, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

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


class MappingSetInputs(Inputs):
    """What a program may say of a mapping set."""

    noun = "mapping set"

    name: str | None = None
    """A name for people."""
    schema_id: str
    """The schema of the fields, by `$id`: the schema of the dataset that the dataflow writes to."""
    mappings: Annotated[list[Mapping], Field(min_length=1)]
    """The mappings, in order."""


class MappingSetProvider(Provider[MappingSetInputs, Found]):
    """Performs `/mappingSets`."""

    inputs = MappingSetInputs
    model = Found
    collection = staticmethod(data_prep.MappingSets)
    outputs = ("version",)

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

    def told(self, stored: Stored) -> Values:
        return {"version": stored.body["version"]} if "version" in stored.body else {}


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

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            schema_id: Input[str],
            mappings: Input[list[MappingArgs]],
            name: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
