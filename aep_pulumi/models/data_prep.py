"""Data Prep's objects, as returned by its API."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from aep_pulumi.models import Model


class SchemaRef(Model):
    """The schema that a mapping set writes to."""

    id: str | None = None


class OutputSchema(Model):
    """The reference to it in the current API."""

    schema_ref: SchemaRef = SchemaRef()


class MappingItem(Model):
    """One mapping. A read returns the field names of both API generations, or only the older ones."""

    source: str | None = None
    destination: str | None = None
    source_type: str | None = None
    name: str | None = None
    description: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_current_names(cls, body: object) -> object:
        if not isinstance(body, Mapping):
            return body
        older = {"source": "sourceAttribute", "destination": "destinationXdmPath"}
        return {**body, **{name: body.get(name) or body.get(old) for name, old in older.items()}}


class MappingSet(Model):
    """`GET /mappingSets/{id}`."""

    name: str | None = None
    version: int = 0
    output_schema: OutputSchema | None = None
    output_schema_ref: SchemaRef | None = None
    xdm_schema: str | None = None
    mappings: list[MappingItem] = Field(default_factory=list)

    @property
    def schema_id(self) -> str | None:
        """The output schema's `$id`, from whichever of the three possible fields was returned."""
        refs = (self.output_schema.schema_ref if self.output_schema else None, self.output_schema_ref)
        return next((ref.id for ref in refs if ref and ref.id), self.xdm_schema)


class TransformError(Model):
    """A mapping that failed for a row."""

    source: str | None = None
    destination: str | None = None
    exception: str | None = None


class MappedRow(Model):
    """One row of the response to `POST /mappingSets/preview`."""

    data: dict[str, object] | None = None
    errors: list[TransformError] | None = None
