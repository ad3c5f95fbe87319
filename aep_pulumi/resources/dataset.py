"""Dataset: where rows lie in the data lake."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import field_validator

from aep_pulumi.client import catalog
from aep_pulumi.models.catalog import Dataset as Found
from aep_pulumi.resources._fields import REPLACES, Inputs, Texts, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

_CONTENT_TYPE = "application/vnd.adobe.xed-full-notext+json; version=1"
_UNIFIED_PROFILE, _UNIFIED_IDENTITY = "unifiedProfile", "unifiedIdentity"
_PROFILE_TAGS = {_UNIFIED_PROFILE, _UNIFIED_IDENTITY}


class Profile(Inputs):
    """Whether the dataset's rows reach Real-Time Customer Profile."""

    noun = "dataset's profile"

    enabled: bool
    """Whether they do. The dataset's schema must be in the union first (`ProfileEnablement`)."""
    upsert: bool | None = None
    """Whether a row changes the profile that is there instead of adding a fragment."""


class DatasetInputs(Inputs):
    """What a program may say of a dataset."""

    noun = "dataset"

    name: str
    """Names need not be unique."""
    description: str | None = None
    """What it is for."""
    schema_id: Annotated[str, REPLACES]
    """The schema of its rows, by `$id`."""
    tags: dict[str, Texts] | None = None
    """Tags of the program's own, each with its values. Platform keeps others of its own (`adobe/…`)."""
    profile: Profile | None = None
    """Whether its rows reach Real-Time Customer Profile. A program that never says so leaves it to others."""

    @field_validator("tags")
    @classmethod
    def _tags_are_free(cls, tags: Any) -> Any:  # noqa: ANN401 - it may be unknown
        if not is_unknown(tags):
            for name in _PROFILE_TAGS & (tags or {}).keys():
                raise ValueError(f"holds {name}, which `profile` sets: say profile = {{'enabled': True}}")
        return tags


class DatasetProvider(Provider[DatasetInputs, Found]):
    """Performs `/catalog/dataSets`."""

    inputs = DatasetInputs
    model = Found
    collection = staticmethod(catalog.Datasets)
    loses = "its rows are lost"

    def to_wire(self, wanted: DatasetInputs, state: Values) -> Values:
        body: Values = {"name": wanted.name, "schemaRef": {"id": wanted.schema_id, "contentType": _CONTENT_TYPE}}
        if wanted.description is not None:
            body["description"] = wanted.description
        tags: Values = dict(wanted.tags or {}) | _profile_tags(wanted.profile)
        return body | {"tags": tags} if tags else body

    def from_wire(self, found: Found) -> Values:
        return {
            "name": found.name,
            "description": found.description,
            "schema_id": found.schema_ref.id,
            "tags": {name: values for name, values in found.tags.items() if name not in _PROFILE_TAGS},
            "profile": _profile(found.tags),
        }


def _profile_tags(profile: Profile | None) -> Values:
    """Both tags: with one alone, Platform's own pages show the dataset as switched off."""
    if profile is None:
        return {}
    said = [f"enabled:{str(profile.enabled).lower()}"]
    upsert = [] if profile.upsert is None else [f"isUpsert:{str(profile.upsert).lower()}"]
    return {_UNIFIED_PROFILE: said + upsert, _UNIFIED_IDENTITY: said}


def _profile(tags: dict[str, list[str]]) -> Values | None:
    """What the tags say, with and without a space; nothing, where there is none."""
    if not _PROFILE_TAGS & tags.keys():
        return None
    said = {name: {value.replace(" ", "") for value in tags.get(name, ())} for name in _PROFILE_TAGS}
    enabled = all("enabled:true" in values for values in said.values())
    upsert = next((value for value in said[_UNIFIED_PROFILE] if value.startswith("isUpsert:")), None)
    return {"enabled": enabled, "upsert": None if upsert is None else upsert.endswith("true")}


class ProfileArgs(TypedDict):
    """Whether the dataset's rows reach Real-Time Customer Profile."""

    enabled: Input[bool]
    upsert: NotRequired[Input[bool]]


class Dataset(Resource, provider=DatasetProvider):
    """Where rows lie. Deleting it deletes them; a change that would replace it is refused unless the stack allows the loss.

    Source: Adobe's guide "Create a dataset using APIs".
    """

    name: Output[str]
    description: Output[str | None]
    schema_id: Output[str]
    tags: Output[Part | None]
    profile: Output[Part | None]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            schema_id: Input[str],
            description: Input[str] | None = None,
            tags: Input[Mapping[str, Sequence[Input[str]]]] | None = None,
            profile: Input[ProfileArgs] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
