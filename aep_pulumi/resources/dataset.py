"""Dataset: the storage of rows in the data lake."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import pulumi
from pulumi import ResourceOptions
from pydantic import field_validator

from aep_pulumi.client import catalog
from aep_pulumi.errors import AepError
from aep_pulumi.models import catalog as wire
from aep_pulumi.resources._fields import Inputs, Texts, Values, is_unknown
from aep_pulumi.resources._marks import LOCAL, MAY_BE_BLANK, REPLACES, UNORDERED
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import DatasetSignature
from aep_pulumi.resources._wire import Wire
from aep_pulumi.settings import Settings

_UNIFIED_PROFILE, _UNIFIED_IDENTITY = "unifiedProfile", "unifiedIdentity"
_PROFILE_TAGS = {_UNIFIED_PROFILE, _UNIFIED_IDENTITY}
_OURS = {*_PROFILE_TAGS, catalog.MARK_TAG}
_PLATFORM_PREFIX = "adobe/"
"""The prefix of Platform's own tags, which it overwrites, so that a program cannot manage them."""
_BATCHES = 100
"""How many batches are read to detect rows."""
_WITHOUT_ROWS = frozenset({"aborted", "abandoned", "deleted", "failed", "failure", "inactive"})
"""The statuses of batches whose rows are not in the dataset. With any other status they are, or may be later."""


class Profile(Inputs):
    """Whether the dataset is enabled for Real-Time Customer Profile."""

    noun = "dataset's profile"

    enabled: bool
    """Whether the dataset is enabled for Profile. Its schema must be in the union (`ProfileEnablement`)."""
    upsert: bool | None = None
    """Whether a row updates the existing profile fragment instead of adding one."""


class DatasetInputs(Inputs):
    """The inputs of a dataset."""

    name: Annotated[str, Wire("/name")]
    """The name, which need not be unique."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """The description."""
    schema_id: Annotated[str, REPLACES, Wire("/schemaRef/id")]
    """The schema of its rows, as a resource or by its `$id`."""
    tags: dict[str, Annotated[Texts, UNORDERED]] | None = None
    """The program's tags, each with its values. Names that start with `adobe/` are reserved by Platform and rejected."""
    profile: Profile | None = None
    """Whether the dataset is enabled for Real-Time Customer Profile. Not managed if never set."""
    force_destroy: Annotated[bool | None, LOCAL] = None
    """Whether the dataset may be deleted or replaced together with its rows. Unless this or `aep:allowDestructive` is true, it is
    protected (`protect=True`), and is not deleted while it contains rows. A deletion uses the value of the last `pulumi up`.
    Never sent to Platform."""

    @field_validator("tags")
    @classmethod
    def _tags_are_free(cls, tags: Any) -> Any:  # noqa: ANN401 - it may be unknown
        if not is_unknown(tags):
            for name in _PROFILE_TAGS & (tags or {}).keys():
                raise ValueError(f"contains {name}, which is managed by `profile`: set profile = {{'enabled': True}} instead")
            for name in (name for name in tags or {} if name.startswith(_PLATFORM_PREFIX)):
                raise ValueError(
                    f"contains {name}, but names that start with {_PLATFORM_PREFIX} are reserved by Platform: remove it"
                )
            if catalog.MARK_TAG in (tags or {}):
                raise ValueError(f"contains {catalog.MARK_TAG}, which is reserved by this provider: remove it")
        return tags


class DatasetProvider(Provider[DatasetInputs, wire.Dataset]):
    """The provider of datasets."""

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
        tags = {
            name: values for name, values in remote.tags.items() if name not in _OURS and not name.startswith(_PLATFORM_PREFIX)
        }
        return super().from_wire(remote) | {"tags": tags, "profile": _profile(remote.tags)}

    def deletion_guard(self, object_id: str) -> str:
        """Its rows, according to its batches. If these cannot be read, it may contain rows."""
        try:
            batches = catalog.batches_of(self.platform, object_id, _BATCHES)
        except AepError as error:
            return f"whether it contains rows cannot be determined ({error})"
        with_rows = [
            batch for batch in batches if str(batch.get("status", "")).lower() not in _WITHOUT_ROWS and not _is_empty(batch)
        ]
        if with_rows:
            more = " or more" if len(batches) == _BATCHES else ""
            return f"it contains rows, in {len(with_rows)}{more} batch{'' if len(with_rows) == 1 else 'es'}"
        return f"it may contain rows: only its latest {_BATCHES} batches were read" if len(batches) == _BATCHES else ""


def _is_empty(batch: Mapping[str, object]) -> bool:
    """Whether a successful batch contains no rows."""
    return batch.get("status") == "success" and batch.get("recordCount") == 0


def _profile_tags(profile: Profile | None) -> Values:
    """Both tags: with only one of them, Platform's UI shows the dataset as disabled."""
    if profile is None:
        return {}
    values = [f"enabled:{str(profile.enabled).lower()}"]
    upsert = [] if profile.upsert is None else [f"isUpsert:{str(profile.upsert).lower()}"]
    return {_UNIFIED_PROFILE: values + upsert, _UNIFIED_IDENTITY: values}


def _profile(tags: dict[str, list[str]]) -> Values | None:
    """The input `profile` from the tags, whose values may contain a space; None if there is no such tag."""
    if not _PROFILE_TAGS & tags.keys():
        return None
    by_tag = {name: {value.replace(" ", "") for value in tags.get(name, ())} for name in _PROFILE_TAGS}
    enabled = all("enabled:true" in values for values in by_tag.values())
    upsert = next((value for value in by_tag[_UNIFIED_PROFILE] if value.startswith("isUpsert:")), None)
    return {"enabled": enabled, "upsert": None if upsert is None else upsert.endswith("true")}


def _stack_sets(key: str, name: str) -> bool:
    """Whether a setting is true in the stack's config or the environment. Invalid values are reported by the provider."""
    return Settings.flag(name, {f"aep:{key}": pulumi.Config("aep").get(key) or ""})


class Dataset(DatasetSignature, provider=DatasetProvider):
    """Stores rows. Deleting it deletes them, so it is protected by default: the engine rejects a delete or replace in preview.

    `force_destroy=True` (a plain True, not an output), `aep:allowDestructive`, or an explicit `protect` or `retain_on_delete` in
    the options disables that protection. Even then, a dataset that contains rows is only deleted if `force_destroy` or
    `aep:allowDestructive` allows it.

    Source: Adobe's guide "Create a dataset using APIs".
    """

    def with_defaults(self, opts: ResourceOptions) -> ResourceOptions:
        """Protected, unless the program or the stack allows losing its rows, or the program sets the protection explicitly."""
        # In production, force_destroy does not allow a deletion: the engine should reject it already in preview.
        by_program = self.specified.get("force_destroy") is True and not _stack_sets("allowProduction", "allow_production")
        if (
            opts.protect is not None
            or opts.retain_on_delete
            or by_program
            or _stack_sets("allowDestructive", "allow_destructive")
        ):
            return opts
        return ResourceOptions.merge(opts, ResourceOptions(protect=True))
