"""The name and description that all objects of Flow Service have."""

from typing import Annotated

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._marks import MAY_BE_BLANK
from aep_pulumi.resources._wire import Wire


class Described(Inputs):
    """An object of Flow Service."""

    name: Annotated[str, Wire("/name")]
    """Names need not be unique."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """What it is for."""
