"""Settings: a stack's own configuration (`crm:…`), read with `pulumi.Config`.

The provider validates its own settings (`aep:…`), and each resource validates its inputs, schedules included. This module
validates the rest.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime import config as runtime

import aep_pulumi as aep
from aep_pulumi.errors import SettingsError
from aep_pulumi.kinds import did_you_mean
from aep_pulumi.settings import Settings as PlatformSettings

ACCOUNT = ("environmentUrl", "clientId", "clientSecret", "apiVersion")
KEYS = (*ACCOUNT, "pipelines", "schedules", "shared", "namePrefix", "owner", "protect", "forceDestroy")
SECRETS = ("crm:clientSecret", "aep:clientSecret", "aep:accessToken")


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """The settings that differ between stacks. `shared.py` reads those of the account in the CRM."""

    platform: PlatformSettings
    pipelines: tuple[str, ...]
    """The pipelines to deploy; none in a stack that only declares the shared objects."""
    schedules: Mapping[str, aep.ScheduleArgs]
    """By pipeline, the schedules that replace those in `stacks/pipelines`."""
    shared: str | None
    """The stack that declares the account and the schema, as organization/project/stack. Defaults to this one."""
    name_prefix: str
    """Prefix of every object's name on Platform, for stacks that share a sandbox."""
    owner: str | None
    """The team that owns the objects: part of their descriptions, and a tag of the datasets."""
    protect: bool
    """Whether the schema is protected from deletion. Datasets protect themselves."""
    force_destroy: bool
    """Whether datasets may be deleted together with their rows."""

    def named(self, name: str) -> str:
        """An object's name on Platform."""
        return self.name_prefix + name

    def described(self, what: str) -> str:
        """An object's description."""
        return f"{what}. Owner: {self.owner}." if self.owner else f"{what}."

    @property
    def tags(self) -> dict[str, list[str]] | None:
        """The tags of a dataset."""
        return {"owner": [self.owner]} if self.owner else None

    @classmethod
    def of_this_stack(cls, known: Collection[str]) -> "StackSettings":
        """The settings of the running stack, which may select from the `known` pipelines.

        Raises:
            RunError: a setting is missing or invalid; all problems at once, one sentence each.
        """
        crm, values = pulumi.Config("crm"), {**runtime.get_config_env(), **runtime.CONFIG.get()}
        pipelines, schedules, shared = crm.require_object("pipelines"), crm.get_object("schedules", {}), crm.get("shared")
        problems = [*_unknown_keys(values), *_wrong_pipelines(pipelines, schedules, known), *_unsafe(values)]
        if shared and not pipelines:
            problems.append("crm:pipelines is empty and crm:shared is set, so this stack would be empty: choose pipelines")
        try:
            platform = PlatformSettings.read(values)
        except SettingsError as error:
            problems += error.args
        if problems:
            raise pulumi.RunError("\n".join(f"Pulumi.{pulumi.get_stack()}.yaml: {problem}" for problem in problems))
        return cls(
            platform=platform,
            pipelines=tuple(pipelines),
            schedules=schedules,
            shared=shared,
            name_prefix=crm.get("namePrefix") or "",
            owner=crm.get("owner"),
            protect=crm.get_bool("protect") or False,
            force_destroy=crm.get_bool("forceDestroy") or False,
        )


def _unknown_keys(values: Mapping[str, str]) -> Iterator[str]:
    for key in (key.removeprefix("crm:") for key in values if key.startswith("crm:")):
        if key not in KEYS:
            yield f"crm:{key} is not a valid setting: {did_you_mean(key, KEYS, f'`pulumi config rm crm:{key}` removes it')}"


def _wrong_pipelines(pipelines: object, schedules: object, known: Collection[str]) -> Iterator[str]:
    if not isinstance(pipelines, list) or len(set(map(str, pipelines))) < len(pipelines):
        yield f"crm:pipelines must be a list of {', '.join(known)}, each at most once"
    if not isinstance(schedules, dict) or not all(isinstance(schedule, dict) for schedule in schedules.values()):
        yield "crm:schedules must be a map of schedules by pipeline"
    for key, names in (("crm:pipelines", pipelines), ("crm:schedules", schedules)):
        for name in map(str, names if isinstance(names, list | dict) else ()):
            if name not in known:
                yield f"{key}: {name!r} is not a pipeline: {did_you_mean(name, known, 'there are ' + ', '.join(known))}"


def _unsafe(values: Mapping[str, str]) -> Iterator[str]:
    """Placeholders, and settings that would expose the secrets or lose the state of a real sandbox."""
    endpoint = values.get("aep:endpoint") or os.environ.get("AEP_ENDPOINT") or "local"
    is_real = endpoint != "local" and urlsplit(endpoint).hostname not in {"127.0.0.1", "localhost", "::1"}
    for key, value in values.items():
        if "YOUR-" in value and (is_real or key.startswith("aep:")):
            yield f"{key} is still a placeholder: " + (f"`pulumi config set {key} …`" if is_real else f"`pulumi config rm {key}`")
        elif is_real and key in SECRETS and not runtime.is_config_secret(key):
            yield f"{key} is in plain text: replace the secret, and set it with `pulumi config set --secret {key}`"
    if is_real and os.environ.get("PULUMI_CONFIG_PASSPHRASE") == "local":
        yield "PULUMI_CONFIG_PASSPHRASE is the published one of stack dev: a real sandbox needs one of your own"
    if is_real and os.environ.get("PULUMI_BACKEND_URL", "").endswith("/.pulumi/state"):
        yield "PULUMI_BACKEND_URL is this checkout's .pulumi, which `make clean` deletes: use a backend that the team shares"
