"""Schema Registry's resources, as it answers them."""

from pydantic import Field

from aep_pulumi.models import Model


class Ref(Model):
    """A part of a composition. Platform adds more to it than the reference."""

    ref: str | None = Field(default=None, alias="$ref")


class Schema(Model):
    """`GET /tenant/schemas/{id}`, unresolved (`xed`)."""

    title: str
    description: str | None = None
    all_of: list[Ref] = Field(default_factory=list)
    class_id: str | None = Field(default=None, alias="meta:class")
