"""The fleet file: the projects of a fleet, which of their stacks belong to it, and its limits."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.projects import Project, read_yaml

NAME = "fleet.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Part):
    """How much of the fleet runs at once."""

    stacks: Annotated[int, Field(ge=1)] | None = None
    """The most stacks at once."""
    requests: Annotated[int, Field(ge=1)] | None = None
    """The most requests at once to one organisation."""


class Member(_Part):
    """A project of the fleet."""

    folder: str = "."
    """The folder of its Pulumi.yaml, relative to the fleet file."""
    stacks: tuple[str, ...] = ()
    """Names or patterns of its stacks; defaults to all that the backend lists."""
    exclude: tuple[str, ...] = ()
    """Names or patterns of stacks that do not belong to the fleet."""


class FleetFile(_Part):
    """`fleet.yaml`."""

    projects: Annotated[tuple[Member, ...], Field(min_length=1)]
    limits: Limits = Limits()


def read(file: Path) -> tuple[list[tuple[Project, Member]], Limits]:
    """The projects of a fleet file, and its limits.

    Raises:
        SettingsError: the file or a project is invalid.
    """
    try:
        body = FleetFile.model_validate(read_yaml(file))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{str(file)!r}: {where or 'the file'} is invalid ({first['msg'].lower()})") from None
    members = [(Project.at(file.parent / each.folder), each) for each in body.projects]
    names = [project.name for project, _member in members]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"{str(file)!r}: project {twice[0]} is listed twice: list its stacks in one place")
    return members, body.limits
