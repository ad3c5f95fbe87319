"""Models: the parts of Platform's responses that the provider uses. Frozen, lenient, no I/O.

For reading only: request bodies are built by each kind's `to_wire`. Fields that Platform may omit, or on which Adobe's pages
disagree, have a default; unused fields are not declared.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from aep_pulumi.errors import AepError


class Model(BaseModel):
    """The base of all response models: camelCase in JSON, snake_case here, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True)

    @classmethod
    def read(cls, body: object) -> Self:
        """Parse a body. Numbers and booleans may be text: Platform returns them as they were sent.

        Raises:
            AepError: the body has an undocumented format.
        """
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the body"
            raise AepError(f"Platform returned an undocumented response format: {where}: {first['msg'].lower()}") from None
