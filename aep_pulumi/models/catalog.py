"""Catalog's objects, as returned by its API."""

from pydantic import Field

from aep_pulumi.models import Model


class SchemaRef(Model):
    """The schema of a dataset."""

    id: str | None = None


class Dataset(Model):
    """`GET /dataSets/{id}`, without the id, which is its key."""

    name: str | None = None
    description: str | None = None
    schema_ref: SchemaRef = SchemaRef()
    tags: dict[str, list[str]] = Field(default_factory=dict)
