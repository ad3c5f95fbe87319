"""Settings: which Platform a stack talks to, as whom, and within which limits."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from aep_pulumi.errors import SettingsError
from aep_pulumi.kinds import nearest

LOCAL = "local"
"""The endpoint that means the local Platform, started on demand."""

_LOCAL_DEFAULTS = {
    # What the local Platform publishes to everybody: these protect nothing.
    "organization": "LOCAL@AdobeOrg",
    "sandbox": "dev",
    "clientId": "local-client",
    "clientSecret": "local-secret",
}
_DAY_S = 86_400.0
_ADOBE_HOSTS = (".adobe.io", ".adobelogin.com")
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[::1\])(:[0-9]+)?(/[a-z0-9._~/-]*)?", re.IGNORECASE)
"""The addresses that every reader of URLs takes alike: in `https://one\\@other` they see two hosts."""
OTHER_HOSTS_VARIABLE = "AEP_ALLOW_HOSTS"
"""Names further hosts, comma-separated, that credentials may be sent to. Only the environment can name them: a pull
request that edits a stack's settings cannot send the credentials elsewhere."""


def _no_slash(url: str) -> str:
    return url.rstrip("/")


def _certificates(path: str | None) -> str | None:
    if path is None:
        return None
    named = repr(str(Path(path).absolute()))  # whole: it counts from the program's folder, which not everybody knows
    if not Path(path).is_file():
        raise ValueError(f"there is no file {named}")
    import ssl  # noqa: PLC0415 - paid only by who says a bundle

    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ValueError(f"{named} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----") from None
    except OSError as error:
        raise ValueError(f"{named} cannot be read: {error.strerror}") from None
    return path


def _whole_organization(organization: str) -> str:
    if not re.fullmatch(r"[^@\s]+@AdobeOrg", organization):
        raise ValueError(f"{organization!r} does not end in @AdobeOrg: copy it whole from Adobe's developer console")
    return organization


def _sendable(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it holds a blank, a line break or another character that no credential has")
    return secret


_Credential: TypeAlias = Annotated[SecretStr, AfterValidator(_sendable)]


class Settings(BaseModel):
    """The provider's settings: from the stack's config (`aep:sandbox`), else from the environment (`AEP_SANDBOX`).

    The stack wins over the environment. On the local Platform all but `endpoint` have defaults.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    endpoint: Annotated[str, AfterValidator(_no_slash)] = LOCAL
    """`local`, or Platform's address: https://platform.adobe.io or a regional one."""

    ims_endpoint: Annotated[str, AfterValidator(_no_slash)] = "https://ims-na1.adobelogin.com"
    """Where tokens come from (Adobe's Identity Management Services)."""

    organization: Annotated[str, AfterValidator(_whole_organization)]
    """The organisation id, `…@AdobeOrg`."""

    sandbox: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """The sandbox's name, in lower case."""

    client_id: Annotated[str, Field(pattern=r"^[!-~]+$")]
    """The credential's client id, sent as `x-api-key` too."""

    client_secret: _Credential | None = None
    """The credential's client secret, set with `--secret`. Needed unless `aep:accessToken` is set."""

    access_token: _Credential | None = None
    """A ready access token, for runs that hold no client secret."""

    scopes: str = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
    """The credential's scopes, comma-separated, as Adobe's developer console shows them."""

    allow_destructive: bool = False
    """Whether datasets that hold rows may be deleted or replaced, and schemas replaced; and in production whether schemas,
    datasets, field groups, identities and Profile enablements may be deleted or replaced at all."""

    checks: Literal["platform", "local"] = "platform"
    """Whether a preview asks Platform about inputs that are new or changed: whether fields, columns and tables exist, and
    namespaces, functions and everything else that an input names by its id. `local` asks nothing."""

    connect_timeout_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 10
    """Seconds until a connection must stand."""

    read_timeout_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 60
    """Seconds that Platform may be silent in an answer. One of more than 16 MiB, unpacked, is given up."""

    deadline_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 600
    """Seconds that one operation may take: slow answers, waits and retries included."""

    longest_retry_after_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 120
    """The longest pause that Platform may ask for with `Retry-After` before that counts as an outage."""

    retry_budget: Annotated[int, Field(ge=0)] = 100
    """How often all operations of a run together ask again where Platform fails or cannot be reached; every success gives one
    back. Waits that Platform asks for do not count."""

    settle_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 10
    """Seconds that a read may lag behind a write: a look-up waits so long before it believes that something is not there."""

    ready_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 300
    """Seconds to wait for an object that Platform is still preparing or changing."""

    ca_bundle: Annotated[str | None, AfterValidator(_certificates)] = None
    """A file with the certificates to trust, in PEM, instead of the public ones. Certificates are always verified."""

    allow_production: bool = False
    """Whether the stack may write to a sandbox of type production."""

    sole_writer: bool = False
    """Whether no other stack or program creates the same objects in this sandbox. Then an object that fits a create whose
    answer was lost is adopted without further proof."""

    start_margin_s: Annotated[int, Field(ge=0)] = 60
    """Seconds between now and the start of a dataflow whose start time is missing or past."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("settings hold secrets: they are read where they are needed, never pickled")

    @property
    def checks_on_platform(self) -> bool:
        """Whether a preview asks Platform about new or changed inputs."""
        return self.checks == "platform"

    @property
    def is_local(self) -> bool:
        """Whether the stack talks to the local Platform."""
        return self.endpoint == LOCAL

    @classmethod
    def read(cls, config: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Self:
        """The settings of a stack.

        Args:
            config: the stack's config, keys with their namespace (`aep:sandbox`). Keys of the program's own may be among
                them; one that nearly is a setting's name is refused as a misspelling.
            environ: the environment, whose `AEP_*` variables fill what the config leaves out. An empty value is none.

        Raises:
            SettingsError: names every missing and every wrong setting at once, and where to set it.
        """
        values = cls._values(config, environ)
        if values.get("endpoint", LOCAL) == LOCAL:
            values = _LOCAL_DEFAULTS | values
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError("; ".join([*_reasons(error), *_without_credentials(values)])) from None
        for reason in _without_credentials(values):
            raise SettingsError(reason)
        _reject_unsafe(settings, environ)
        return settings

    @classmethod
    def flag(cls, name: str, config: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> bool:
        """One setting that is true or false, for a process that needs no other. What is neither is taken for false here.

        Args:
            name: the setting, such as `allow_destructive`.
            config: as for `read`.
            environ: as for `read`.
        """
        value = cls._values(config, environ).get(cls.model_fields[name].alias or name, "")
        try:
            return TypeAdapter(bool).validate_python(value or False)
        except ValidationError:
            return False

    @classmethod
    def _values(cls, config: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
        """The settings by their aliases, as texts: the stack wins over the environment."""
        said = {key.removeprefix("aep:"): value for key, value in config.items() if key.startswith("aep:")}
        names = {field.alias: name for name, field in cls.model_fields.items() if field.alias}
        _reject_misspelt(said, names)
        values = {alias: value for alias, name in names.items() if (value := environ.get(f"AEP_{name.upper()}", "").strip())}
        return values | {alias: value for alias in names if (value := said.get(alias, "").strip())}


def unsafe_url(url: str, allowed: tuple[str, ...] = ()) -> str:
    """Why credentials must not be sent to this address, or "" where they may be."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return f"it must be {LOCAL!r} or an https address such as https://platform.adobe.io, without a user, a query or a blank"
    host = parts["host"].lower()
    if host in _LOOPBACK_HOSTS:
        return ""
    if parts["scheme"].lower() != "https":
        return "credentials would travel in clear: use https"
    if host.endswith(_ADOBE_HOSTS) or host in allowed:
        return ""
    return f"{host} is not Adobe's: to send credentials there, name the host in the environment variable {OTHER_HOSTS_VARIABLE}"


def _reject_unsafe(settings: Settings, environ: Mapping[str, str]) -> None:
    if settings.is_local:
        return
    allowed = tuple(host.strip().lower() for host in environ.get(OTHER_HOSTS_VARIABLE, "").split(",") if host.strip())
    for name, url in (("aep:endpoint", settings.endpoint), ("aep:imsEndpoint", settings.ims_endpoint)):
        if reason := unsafe_url(url, allowed):
            # What stands before an @ or after a ? may be a password or a token: it is not repeated.
            shown = f"is {url!r}, but" if not set("@?#") & set(url) else "is rejected, and not shown, for it may hold a password:"
            raise SettingsError(f"{name} {shown} {reason}")


def _reject_misspelt(said: Mapping[str, str], names: Mapping[str, str]) -> None:
    near = {key: nearest(key, names, cutoff=0.85) for key in said if key not in names}
    if wrong := [f"aep:{key} is no setting: did you mean aep:{name}?" for key, name in near.items() if name]:
        raise SettingsError(" ".join(wrong))


def _without_credentials(values: Mapping[str, str]) -> Iterator[str]:
    if "clientSecret" not in values and "accessToken" not in values:
        yield (
            "no credentials: set aep:clientSecret (`pulumi config set --secret aep:clientSecret …`, or AEP_CLIENT_SECRET), "
            "or aep:accessToken"
        )


def _reasons(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        alias = str(problem["loc"][0])
        variable = next(f"AEP_{name.upper()}" for name, field in Settings.model_fields.items() if field.alias == alias)
        if problem["type"] == "missing":
            yield f"aep:{alias} is missing: set it with `pulumi config set aep:{alias} …` or {variable}"
        else:
            reason = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"].lower()
            yield f"aep:{alias} is wrong ({reason}): correct it in the stack's config or in {variable}"
