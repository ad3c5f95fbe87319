"""Dataset: where rows lie in the data lake."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import pulumi
from pulumi import ResourceOptions
from pydantic import field_validator

from aep_pulumi.client import catalog
from aep_pulumi.errors import AepError
from aep_pulumi.models import catalog as wire
from aep_pulumi.resources._fields import LOCAL, MAY_BE_BLANK, REPLACES, UNORDERED, Inputs, Texts, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import DatasetSignature
from aep_pulumi.resources._wire import Wire
from aep_pulumi.settings import Settings

_UNIFIED_PROFILE, _UNIFIED_IDENTITY = "unifiedProfile", "unifiedIdentity"
_PROFILE_TAGS = {_UNIFIED_PROFILE, _UNIFIED_IDENTITY}
_OURS = {*_PROFILE_TAGS, catalog.MARK_TAG}
_PLATFORMS = "adobe/"
"""What the names of Platform's own tags begin with. It overwrites them: a program cannot own one."""
_BATCHES = 100
"""How many batches are looked at for one that holds rows."""
_WITHOUT_ROWS = frozenset({"aborted", "abandoned", "deleted", "failed", "failure", "inactive"})
"""The statuses of a batch whose rows are not in the dataset. In any other, some are, or may come to be."""


class Profile(Inputs):
    """Whether the dataset's rows reach Real-Time Customer Profile."""

    noun = "dataset's profile"

    enabled: bool
    """Whether they do. The dataset's schema must be in the union first (`ProfileEnablement`)."""
    upsert: bool | None = None
    """Whether a row changes the profile that is there instead of adding a fragment."""


class DatasetInputs(Inputs):
    """What a program may say of a dataset."""

    name: Annotated[str, Wire("/name")]
    """Names need not be unique."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """What it is for."""
    schema_id: Annotated[str, REPLACES, Wire("/schemaRef/id")]
    """The schema of its rows. An id is its `$id`."""
    tags: dict[str, Annotated[Texts, UNORDERED]] | None = None
    """Tags of the program's own, each with its values. Names that begin with `adobe/` are Platform's, and rejected."""
    profile: Profile | None = None
    """Whether its rows reach Real-Time Customer Profile. A program that never says so leaves it to others."""
    force_destroy: Annotated[bool | None, LOCAL] = None
    """Whether the dataset may be deleted or replaced together with its rows. Unless this or `aep:allowDestructive` is true, it is
    protected (`protect=True`), and is not deleted while it holds rows. A deletion sees the value of the last `pulumi up`. Never
    sent to Platform."""

    @field_validator("tags")
    @classmethod
    def _tags_are_free(cls, tags: Any) -> Any:  # noqa: ANN401 - it may be unknown
        if not is_unknown(tags):
            for name in _PROFILE_TAGS & (tags or {}).keys():
                raise ValueError(f"holds {name}, which `profile` sets: say profile = {{'enabled': True}}")
            for name in (name for name in tags or {} if name.startswith(_PLATFORMS)):
                raise ValueError(f"holds {name}, which Platform sets itself, as all that begins with {_PLATFORMS}: leave it out")
            if catalog.MARK_TAG in (tags or {}):
                raise ValueError(f"holds {catalog.MARK_TAG}, which this provider sets: leave it out")
        return tags


class DatasetProvider(Provider[DatasetInputs, wire.Dataset]):
    """Performs datasets."""

    inputs = DatasetInputs
    model = wire.Dataset
    collection = staticmethod(catalog.Datasets)
    constants: ClassVar = {"/schemaRef/contentType": "application/vnd.adobe.xed-full-notext+json; version=1"}
    loses = "its rows are lost"
    allow_loss_input = "force_destroy"

    def to_wire(self, desired: DatasetInputs, state: Values) -> Values:
        tags: Values = dict(desired.tags or {}) | _profile_tags(desired.profile)
        return super().to_wire(desired, state) | ({"tags": tags} if tags else {})

    def from_wire(self, remote: wire.Dataset) -> Values:
        tags = {name: values for name, values in remote.tags.items() if name not in _OURS and not name.startswith(_PLATFORMS)}
        return super().from_wire(remote) | {"tags": tags, "profile": _profile(remote.tags)}

    def deletion_guard(self, object_id: str) -> str:
        """Its rows, as far as its batches tell. Where they cannot be read, it may hold some."""
        try:
            batches = catalog.batches_of(self.platform, object_id, _BATCHES)
        except AepError as error:
            return f"whether it holds rows cannot be determined ({error})"
        holding = [
            batch for batch in batches if str(batch.get("status", "")).lower() not in _WITHOUT_ROWS and not _is_empty(batch)
        ]
        if holding:
            more = " or more" if len(batches) == _BATCHES else ""
            return f"it holds rows, in {len(holding)}{more} batch{'' if len(holding) == 1 else 'es'}"
        return f"it may hold rows: only its newest {_BATCHES} batches were read" if len(batches) == _BATCHES else ""


def _is_empty(batch: Mapping[str, object]) -> bool:
    """Whether a batch that has ended brought no row."""
    return batch.get("status") == "success" and batch.get("recordCount") == 0


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


def _stack_sets(key: str, name: str) -> bool:
    """Whether a setting is true in the stack's config or in the environment. A value that is no bool the provider reports."""
    return Settings.flag(name, {f"aep:{key}": pulumi.Config("aep").get(key) or ""})


class Dataset(DatasetSignature, provider=DatasetProvider):
    """Where rows lie. Deleting it deletes them, so it protects itself: the engine refuses to delete or replace it in preview.

    `force_destroy=True` (a plain True, not an output), `aep:allowDestructive`, or an explicit `protect` or `retain_on_delete` in
    the options takes that protection away. Even then a dataset that holds rows is not deleted, unless `force_destroy` or
    `aep:allowDestructive` allows the loss.

    Source: Adobe's guide "Create a dataset using APIs".
    """

    def with_defaults(self, opts: ResourceOptions) -> ResourceOptions:
        """Protected, unless the program or the stack allows that its rows are lost, or the program decides on protection."""
        # In production the deletion is refused whatever the program says: then the engine must refuse it first.
        by_program = self.specified.get("force_destroy") is True and not _stack_sets("allowProduction", "allow_production")
        if (
            opts.protect is not None
            or opts.retain_on_delete
            or by_program
            or _stack_sets("allowDestructive", "allow_destructive")
        ):
            return opts
        return ResourceOptions.merge(opts, ResourceOptions(protect=True))
