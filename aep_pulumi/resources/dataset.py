"""Dataset: where rows lie in the data lake."""

from typing import TYPE_CHECKING, Annotated

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.client import catalog
from aep_pulumi.models.catalog import Dataset as Found
from aep_pulumi.resources._fields import REPLACES, Inputs, Values
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Resource

_CONTENT_TYPE = "application/vnd.adobe.xed-full-notext+json; version=1"


class DatasetInputs(Inputs):
    """What a program may say of a dataset."""

    noun = "dataset"

    name: str
    """Names need not be unique."""
    description: str | None = None
    """What it is for."""
    schema_id: Annotated[str, REPLACES]
    """The schema of its rows, by `$id`."""


class DatasetProvider(Provider[DatasetInputs, Found]):
    """Performs `/dataSets`."""

    inputs = DatasetInputs
    model = Found
    collection = staticmethod(catalog.Datasets)
    loses = "its rows are lost"

    def to_wire(self, wanted: DatasetInputs, state: Values) -> Values:
        body: Values = {"name": wanted.name, "schemaRef": {"id": wanted.schema_id, "contentType": _CONTENT_TYPE}}
        if wanted.description is not None:
            body["description"] = wanted.description
        return body

    def from_wire(self, found: Found) -> Values:
        return {"name": found.name, "description": found.description, "schema_id": found.schema_ref.id}


class Dataset(Resource, provider=DatasetProvider):
    """Where rows lie. Deleting it deletes them; a change that would replace it is refused unless the stack allows the loss.

    Source: Adobe's guide "Create a dataset using APIs".
    """

    name: Output[str]
    description: Output[str | None]
    schema_id: Output[str]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            schema_id: Input[str],
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
