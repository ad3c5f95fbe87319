"""Models: Platform's answers, as far as the provider reads them. Frozen, lenient, no I/O.

They only ever read: what is sent, a kind's `to_wire` builds. A field that Platform may leave out, and documentation pages
disagree about, has a default; a field that nobody reads is not here.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from aep_pulumi.errors import AepError


class Model(BaseModel):
    """What all of Platform's answers share: camelCase on the wire, snake_case here, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True)

    @classmethod
    def read(cls, body: object) -> Self:
        """The model of a body. Numbers and booleans may come as text: Platform echoes what it was once sent.

        Raises:
            AepError: the body is of another shape than any that Adobe documents.
        """
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the body"
            raise AepError(f"Platform answered in a shape that is not documented: {where}: {first['msg'].lower()}") from None
