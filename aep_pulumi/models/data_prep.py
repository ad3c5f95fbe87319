"""Data Prep's objects, as it answers them."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from aep_pulumi.models import Model


class SchemaRef(Model):
    """The schema that a mapping set writes to."""

    id: str | None = None


class OutputSchema(Model):
    """Today's word for it."""

    schema_ref: SchemaRef = SchemaRef()


class MappingItem(Model):
    """One mapping. A read holds the words of both vocabularies, or those of the older one alone."""

    source: str | None = None
    destination: str | None = None
    source_type: str | None = None
    name: str | None = None
    description: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_current_words(cls, body: object) -> object:
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
        """The output schema's `$id`, under whichever of its three names it came."""
        refs = (self.output_schema.schema_ref if self.output_schema else None, self.output_schema_ref)
        return next((ref.id for ref in refs if ref and ref.id), self.xdm_schema)


class TransformError(Model):
    """A mapping that could not be done for a row."""

    source: str | None = None
    destination: str | None = None
    exception: str | None = None


class Mapped(Model):
    """What `POST /mappingSets/preview` makes of one row."""

    data: dict[str, object] | None = None
    errors: list[TransformError] | None = None
