"""Settings: what a stack says of itself, read and checked before anything is declared.

From `stacks/Pulumi.<stack>.yaml`: the program's own keys (`crm:…`), declared here, and the provider's (`aep:…`), which
`aep_pulumi.settings` declares. Nothing else is taken, so that a misspelt key is refused and not ignored.
"""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, cast
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime import config as of_pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

import aep_pulumi as aep
from aep_pulumi.errors import SettingsError
from aep_pulumi.kinds import did_you_mean, nearest
from aep_pulumi.resources.dataflow import Frequency
from aep_pulumi.settings import Settings as PlatformSettings

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED_PASSPHRASE = "local"  # noqa: S105 - published, see the Makefile
PLACEHOLDER = "YOUR-"
"""What stands in the stacks' files where an organisation's own values go begins like this, or holds it."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRETS = ("aep:clientSecret", "aep:accessToken", "crm:clientSecret")

Model = TypeVar("Model", bound=BaseModel)


def _structured(value: object) -> object:
    """Pulumi passes lists and maps on as JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)


class Schedule(_Read):
    """When a pipeline's dataflow runs, in place of what its file says."""

    frequency: Frequency
    interval: int | None = None
    start_time: int | None = None
    """The first run, in epoch seconds."""
    backfill: bool | None = None
    """Whether the first run reads the old rows too. Production says false: every replacement would read them again."""


class CrmAccount(_Read):
    """The account in the CRM. A stack with `crm:shared` has none."""

    environment_url: Annotated[str, Field(pattern=r"^https://[^\s/]+$")]
    """The CRM's address, `https://[domain].my.salesforce.com`."""
    client_id: Annotated[str, Field(min_length=1)]
    """The client id of the connected app."""
    client_secret: Annotated[SecretStr, Field(min_length=1)]
    """Its secret, set with `--secret`."""
    api_version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")] = "60.0"
    """The version of the CRM's API."""


class StackSettings(_Read):
    """What differs from stack to stack."""

    pipelines: Annotated[tuple[str, ...], BeforeValidator(_structured)]
    """The pipelines of this stack, by their names in the registry. None at all: the stack holds the shared objects alone."""
    shared: Annotated[str | None, Field(pattern=r"^[^\s/]+/[^\s/]+/[^\s/]+$")] = None
    """The stack that declares the account and the schema, as organization/project/stack; this one, unless said."""
    name_prefix: str = ""
    """What every object's name on Platform begins with, such as `Anna: `, where stacks have one sandbox in common."""
    schedules: Annotated[dict[str, Schedule], BeforeValidator(_structured)] = {}
    """By pipeline: its schedule here, where it is not the one in its file."""
    owner: Annotated[str | None, Field(min_length=1)] = None
    """The team that answers for the objects: goes into their descriptions and the datasets' tags, which production asks for."""
    protect: bool = False
    """Whether the schema is protected from deletion, which production asks for. Datasets protect themselves; with this they are
    protected whatever else is set."""
    force_destroy: bool = False
    """Whether datasets may be deleted together with their rows: for a stack whose rows nobody needs."""

    # Not of the file's `crm:` keys: put together by `read`.
    account: Annotated[CrmAccount | None, Field(exclude=True)] = None
    organization: Annotated[str, Field(exclude=True)] = ""
    sandbox: Annotated[str, Field(exclude=True)] = ""

    def named(self, name: str) -> str:
        """An object's name on Platform."""
        return self.name_prefix + name

    def described(self, what: str) -> str | None:
        """What an object is for, and who answers for it; nothing in a stack without an owner."""
        return f"{what}. Owner: {self.owner}." if self.owner else None

    @property
    def tags(self) -> dict[str, list[str]] | None:
        """The tags of a dataset."""
        return {"owner": [self.owner]} if self.owner else None

    def schedule_of(self, pipeline: str, usual: aep.ScheduleArgs) -> aep.ScheduleArgs:
        """When a pipeline runs: as the stack says, else as its file does."""
        said = self.schedules.get(pipeline)
        return usual if said is None else cast("aep.ScheduleArgs", said.model_dump(exclude_none=True))

    @classmethod
    def of_this_stack(cls, pipelines: Collection[str]) -> Self:
        """The settings of the stack that is running.

        Raises:
            RunError: a sentence for every missing, wrong or unknown key, each with the file to correct.
        """
        said = {**of_pulumi.get_config_env(), **of_pulumi.CONFIG.get()}
        secret = {key for key in said if of_pulumi.is_config_secret(key)}
        file = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
        try:
            return cls.read(said, pipelines, secret)
        except SettingsError as error:
            raise pulumi.RunError("\n".join(f"{file}: {problem}" for problem in error.args)) from None

    @classmethod
    def read(
        cls,
        config: Mapping[str, str],
        pipelines: Collection[str],
        secret: Collection[str] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """The settings in a stack's config.

        Args:
            config: the whole config, keys with their namespace.
            pipelines: the names in the registry.
            secret: the keys whose values are encrypted.
            environ: the environment: the provider's settings may come from it, and it names the backend.

        Raises:
            SettingsError: its arguments are all that is wrong, a sentence each.
        """
        unknown = dict(_unknown(config))
        meant = {name for _sentence, name in unknown.values()}
        said = {key.removeprefix("crm:"): value for key, value in config.items() if key in CRM_KEYS}
        sentences = [sentence for sentence, _name in unknown.values()]

        is_misspelt = any(key.startswith("aep:") for key in (*unknown, *meant))
        platform, wrong = (None, []) if is_misspelt else _platform(config, environ)
        sentences += wrong
        account, wrong = _checked(CrmAccount, said, meant) if "shared" not in said else (None, [])
        sentences += wrong
        settings, wrong = _checked(cls, said, meant)
        sentences += wrong
        if settings is not None:
            sentences += _choice(settings, pipelines)

        endpoint = config.get("aep:endpoint") or environ.get("AEP_ENDPOINT") or "local"
        is_local = endpoint == "local" or urlsplit(endpoint).hostname in LOOPBACK
        sentences += _placeholders(config, is_local=is_local)
        if not is_local:
            sentences += _unsafe(config, secret, environ)
        if sentences or settings is None or platform is None:
            raise SettingsError(*sentences)
        return settings.model_copy(
            update={"account": account, "organization": platform.organization, "sandbox": platform.sandbox}
        )


def _keys(model: type[BaseModel]) -> set[str]:
    return {field.alias for field in model.model_fields.values() if field.alias and not field.exclude}


CRM_KEYS = {f"crm:{alias}" for model in (StackSettings, CrmAccount) for alias in _keys(model)}
KEYS = CRM_KEYS | {f"aep:{alias}" for alias in _keys(PlatformSettings)}


def _unknown(config: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every key that is no setting, with its sentence and the setting that was meant."""
    for key in config:
        if key in KEYS or key.startswith("pulumi:"):
            continue
        _namespace, _, name = key.partition(":")
        elsewhere = [known for known in sorted(KEYS) if known.endswith(f":{name}")]
        near = next(iter(elsewhere), None) or nearest(key, sorted(KEYS), cutoff=0.8)
        rather = f"did you mean {near}?" if near else f"remove it with `pulumi config rm {key}`"
        yield key, (f"{key} is no setting: {rather}", near or "")


def _platform(config: Mapping[str, str], environ: Mapping[str, str]) -> tuple[PlatformSettings | None, list[str]]:
    try:
        return PlatformSettings.read(config, environ), []
    except SettingsError as error:
        return None, [str(error)]


def _checked(model: type[Model], said: Mapping[str, str], meant: Collection[str]) -> tuple[Model | None, list[str]]:
    """The model, or a sentence for all that is missing or wrong. What a misspelt key meant is not missing."""
    names = _keys(model)
    try:
        return model.model_validate({alias: value for alias, value in said.items() if alias in names}), []
    except ValidationError as error:
        return None, [sentence for problem in error.errors() if (sentence := _sentence(problem, meant))]


def _sentence(problem: Mapping[str, Any], meant: Collection[str]) -> str | None:
    key, *inner = (str(step) for step in problem["loc"])
    path = ".".join((f"crm:{key}", *inner))
    if problem["type"] == "missing" and not inner:
        word = "--secret " if path in SECRETS else ""
        how = "as a list, such as [contacts]" if key == "pipelines" else f"with `pulumi config set {word}{path} …`"
        return None if path in meant else f"{path} is missing: set it {how}"
    if problem["type"] == "missing":
        return f"{path} is missing: say it beside the others"
    if problem["type"] == "extra_forbidden":
        takes = sorted(_keys(Schedule))
        rather = did_you_mean(inner[-1], takes, f"a schedule takes {', '.join(takes)}")
        return f"{path} is no setting: {rather}"
    return f"{path} is wrong ({_reason(key, problem)}): correct it"


def _reason(key: str, problem: Mapping[str, Any]) -> str:
    """Why a value is wrong, in words of the setting where pydantic's are a pattern's."""
    told = {
        "apiVersion": "it must be two numbers, such as 60.0",
        "environmentUrl": "it must be an address such as https://acme.my.salesforce.com, without a path",
        "shared": "it must be organization/project/stack",
    }
    if problem["type"] == "string_pattern_mismatch":
        return told[key]
    if problem["type"] in {"tuple_type", "dict_type", "model_type"}:
        return "it must be a list" if problem["type"] == "tuple_type" else "it must be a map"
    return str(problem["msg"]).removeprefix("Input should be ").replace("valid ", "")


def _choice(settings: StackSettings, pipelines: Collection[str]) -> Iterator[str]:
    """What is wrong with the pipelines that a stack chooses."""
    for key, names in (("crm:pipelines", settings.pipelines), ("crm:schedules", tuple(settings.schedules))):
        for name in dict.fromkeys(names):
            if name not in pipelines:
                rather = did_you_mean(name, pipelines, f"stacks/pipelines has {', '.join(pipelines)}")
                yield f"{key} names {name!r}, which is no pipeline: {rather}"
            if names.count(name) > 1:
                yield f"{key} names {name!r} more than once: say it once"
    if settings.shared is not None and not settings.pipelines:
        yield "crm:pipelines is empty and crm:shared names another stack, so this one would hold nothing: choose pipelines"


def _placeholders(config: Mapping[str, str], *, is_local: bool) -> Iterator[str]:
    """What nobody has filled in yet. The CRM of the local Platform is a pretended one, which any address is good for."""
    found = sorted(key for key, value in config.items() if PLACEHOLDER in value and not (is_local and key.startswith("crm:")))
    if found:
        keys = " and ".join(filter(None, (", ".join(found[:-1]), found[-1])))
        one, holds = (found[0], "holds") if len(found) == 1 else ("KEY", "hold")
        remedy = f"the local Platform has its own, so `pulumi config rm {one}`" if is_local else f"`pulumi config set {one} …`"
        yield f"{keys} still {holds} a placeholder ({PLACEHOLDER}…): {remedy}"


def _unsafe(config: Mapping[str, str], secret: Collection[str], environ: Mapping[str, str]) -> Iterator[str]:
    """What would put a real sandbox's secrets where others can read them, or its state where one checkout has it."""
    for key in SECRETS:
        if key in config and key not in secret and PLACEHOLDER not in config[key]:
            yield f"{key} stands there in clear: make a new one, and set it with `pulumi config set --secret {key}`"
    backend = _backend(environ)
    path = Path(CHECKOUT, Path(backend.removeprefix("file://")).expanduser()).resolve()
    if "://" not in backend.removeprefix("file://") and backend and path.is_relative_to(CHECKOUT / ".pulumi"):
        yield (
            "a real sandbox must not have its state in this checkout's .pulumi, which `make clean` removes: name a backend that "
            "the team shares, in PULUMI_BACKEND_URL or with `pulumi login`"
        )
    if PUBLISHED_PASSPHRASE in _passphrases(environ):
        yield (
            "PULUMI_CONFIG_PASSPHRASE is the one that this project publishes, which keeps no secret: take one of your own, or a "
            "secrets provider, remove encryptionsalt from the file, and make the secrets new that were set under it"
        )


def _backend(environ: Mapping[str, str]) -> str:
    """Where the state is, as Pulumi finds it: by the variable, else as `pulumi login` left it."""
    if backend := environ.get("PULUMI_BACKEND_URL"):
        return backend
    logins = Path(environ.get("PULUMI_HOME") or "~/.pulumi").expanduser() / "credentials.json"
    try:
        return str(json.loads(logins.read_text(encoding="utf-8")).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _passphrases(environ: Mapping[str, str]) -> Iterator[str]:
    yield environ.get("PULUMI_CONFIG_PASSPHRASE", "")
    if file := environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            yield Path(file).read_text(encoding="utf-8").strip()
        except OSError:
            return
