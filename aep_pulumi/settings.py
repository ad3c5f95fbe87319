"""Settings: the endpoint, credentials, sandbox and limits of a stack."""

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
"""The endpoint of the local Platform, which is started on demand."""

_LOCAL_DEFAULTS = {
    # Public values of the local Platform: they are not secret.
    "organization": "LOCAL@AdobeOrg",
    "sandbox": "dev",
    "clientId": "local-client",
    "clientSecret": "local-secret",
}
_DAY_S = 86_400.0
_ADOBE_HOSTS = (".adobe.io", ".adobelogin.com")
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[::1\])(:[0-9]+)?(/[a-z0-9._~/-]*)?", re.IGNORECASE)
"""The URLs that all URL parsers read the same way: they disagree on the host of `https://one\\@other`."""
ALLOWED_HOSTS_VARIABLE = "AEP_ALLOW_HOSTS"
"""Further hosts, comma-separated, that credentials may be sent to. Only an environment variable can set them, so that a pull
request that edits a stack's config cannot send the credentials elsewhere."""


def _no_slash(url: str) -> str:
    return url.rstrip("/")


def _certificates(path: str | None) -> str | None:
    if path is None:
        return None
    shown = repr(str(Path(path).absolute()))  # absolute, because the path is relative to the program's folder
    if not Path(path).is_file():
        raise ValueError(f"there is no file {shown}")
    import ssl  # noqa: PLC0415 - imported only if a bundle is set

    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ValueError(f"{shown} contains no PEM certificate, which starts with -----BEGIN CERTIFICATE-----") from None
    except OSError as error:
        raise ValueError(f"{shown} cannot be read: {error.strerror}") from None
    return path


def _complete_organization(organization: str) -> str:
    if not re.fullmatch(r"[^@\s]+@AdobeOrg", organization):
        raise ValueError(
            f"{organization!r} is not an organisation id, which ends in @AdobeOrg: copy it from Adobe's developer console"
        )
    return organization


def _sendable(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it contains a space, a line break or another character that credentials do not contain")
    return secret


_Credential: TypeAlias = Annotated[SecretStr, AfterValidator(_sendable)]


class Settings(BaseModel):
    """The provider's settings: from the stack's config (`aep:sandbox`), or from environment variables (`AEP_SANDBOX`).

    The stack's config takes precedence. For the local Platform, all settings have defaults.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    endpoint: Annotated[str, AfterValidator(_no_slash)] = LOCAL
    """`local`, or Platform's URL: https://platform.adobe.io or a regional one."""

    ims_endpoint: Annotated[str, AfterValidator(_no_slash)] = "https://ims-na1.adobelogin.com"
    """The URL of Adobe's Identity Management Services (IMS), which issue access tokens."""

    organization: Annotated[str, AfterValidator(_complete_organization)]
    """The organisation's id, `…@AdobeOrg`."""

    sandbox: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """The sandbox's name, in lower case."""

    client_id: Annotated[str, Field(pattern=r"^[!-~]+$")]
    """The credential's client id, also sent as `x-api-key`."""

    client_secret: _Credential | None = None
    """The credential's client secret, set with `--secret`. Required unless `aep:accessToken` is set."""

    access_token: _Credential | None = None
    """An access token, for runs without a client secret. It is not renewed."""

    scopes: str = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
    """The credential's scopes, comma-separated, as Adobe's developer console shows them."""

    allow_destructive: bool = False
    """Whether datasets that contain rows may be deleted or replaced, and schemas replaced. In production sandboxes it is required
    to delete or replace any schema, dataset, field group, identity descriptor or Profile enablement."""

    checks: Literal["platform", "local"] = "platform"
    """Whether a preview validates new and changed inputs against Platform: that fields, columns, tables, namespaces, functions
    and objects referenced by id exist. `local` sends no requests for that."""

    connect_timeout_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 10
    """Connect timeout in seconds."""

    read_timeout_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 60
    """Read timeout in seconds: the longest time without data. Responses of more than 16 MiB, decompressed, are rejected."""

    deadline_s: Annotated[float, Field(gt=0, le=_DAY_S, allow_inf_nan=False)] = 600
    """Time limit of one operation in seconds, including slow responses, waits and retries."""

    longest_retry_after_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 120
    """The longest `Retry-After` to honour, in seconds. A longer one counts as an outage."""

    retry_budget: Annotated[int, Field(ge=0)] = 100
    """The number of retries after server and connection errors, shared by all operations of a run. Every successful request gives
    one back. Retries of throttled requests do not count."""

    max_operations: Annotated[int, Field(ge=1, le=256)] = 64
    """The most operations of a run at once. `pulumi up --parallel` limits them too: its default is four per core."""

    bulk_reads: bool = True
    """Whether reads that run at once, as in a refresh, share lists, each of which contains up to a hundred objects. A read is
    never served by a list that was requested before it."""

    settle_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 10
    """The consistency window in seconds: how long a read may return the state before a write. Only after it does an object that
    is not returned count as nonexistent."""

    ready_s: Annotated[float, Field(ge=0, le=_DAY_S, allow_inf_nan=False)] = 300
    """Seconds to wait for an object that Platform is still preparing or changing."""

    ca_bundle: Annotated[str | None, AfterValidator(_certificates)] = None
    """A PEM file of trusted certificates, which replaces the public ones. Certificates are always verified."""

    allow_production: bool = False
    """Whether the stack may write to a sandbox of type production."""

    sole_writer: bool = False
    """Whether no other stack or program creates the same objects in this sandbox. If true, an object that matches a create whose
    response was lost is adopted without further proof."""

    start_margin_s: Annotated[int, Field(ge=0)] = 60
    """Seconds from now to the start of a dataflow whose start time is not set or in the past."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("settings contain secrets, so they must not be pickled")

    @property
    def checks_on_platform(self) -> bool:
        """Whether a preview validates new and changed inputs against Platform."""
        return self.checks == "platform"

    @property
    def is_local(self) -> bool:
        """Whether the stack uses the local Platform."""
        return self.endpoint == LOCAL

    @classmethod
    def read(cls, config: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings of a stack.

        Args:
            config: the stack's config, keys with their namespace (`aep:sandbox`). It may contain keys of the program; a key
                similar to a setting's name is rejected as a misspelling.
            environ: the environment, whose `AEP_*` variables are used for settings not in the config. Empty values count as
                not set.

        Raises:
            SettingsError: lists all missing and invalid settings, and where to set them.
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
        """Read a single boolean setting. An invalid value counts as false.

        Args:
            name: the name of the setting, such as `allow_destructive`.
            config: as for `read`.
            environ: as for `read`.
        """
        value = cls._values(config, environ).get(cls.model_fields[name].alias or name, "")
        try:
            return TypeAdapter(bool).validate_python(value or False)
        except ValidationError:
            return False

    @classmethod
    def place(cls, config: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> tuple[str, str, str]:
        """The endpoint, organisation and sandbox, without the credentials; "" for what is not set.

        Args:
            config: as for `read`.
            environ: as for `read`.

        Raises:
            SettingsError: a setting is misspelt.
        """
        values = cls._values(config, environ)
        endpoint = _no_slash(values.get("endpoint", LOCAL))
        if endpoint == LOCAL:
            values = _LOCAL_DEFAULTS | values
        return endpoint, values.get("organization", ""), values.get("sandbox", "")

    @classmethod
    def _values(cls, config: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
        """The settings as strings, by alias. The stack's config takes precedence over the environment."""
        from_stack = {key.removeprefix("aep:"): value for key, value in config.items() if key.startswith("aep:")}
        names = {field.alias: name for name, field in cls.model_fields.items() if field.alias}
        _reject_misspelt(from_stack, names)
        values = {alias: value for alias, name in names.items() if (value := environ.get(f"AEP_{name.upper()}", "").strip())}
        return values | {alias: value for alias in names if (value := from_stack.get(alias, "").strip())}


def unsafe_url(url: str, allowed: tuple[str, ...] = ()) -> str:
    """Why credentials must not be sent to this URL, or "" if they may be."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return f"it must be {LOCAL!r} or an https URL such as https://platform.adobe.io, without user, query or spaces"
    host = parts["host"].lower()
    if host in _LOOPBACK_HOSTS:
        return ""
    if parts["scheme"].lower() != "https":
        return "credentials would be sent unencrypted: use https"
    if host.endswith(_ADOBE_HOSTS) or host in allowed:
        return ""
    return f"{host} is not an Adobe host: to send credentials there, add it to the environment variable {ALLOWED_HOSTS_VARIABLE}"


def _reject_unsafe(settings: Settings, environ: Mapping[str, str]) -> None:
    if settings.is_local:
        return
    allowed = tuple(host.strip().lower() for host in environ.get(ALLOWED_HOSTS_VARIABLE, "").split(",") if host.strip())
    for name, url in (("aep:endpoint", settings.endpoint), ("aep:imsEndpoint", settings.ims_endpoint)):
        if reason := unsafe_url(url, allowed):
            # The part before an @ or after a ? may be a password or a token, so it is not shown.
            shown = (
                f"is {url!r}, but" if not set("@?#") & set(url) else "is rejected (not shown, because it may contain a password):"
            )
            raise SettingsError(f"{name} {shown} {reason}")


def _reject_misspelt(keys: Mapping[str, str], names: Mapping[str, str]) -> None:
    near = {key: nearest(key, names, cutoff=0.85) for key in keys if key not in names}
    if wrong := [f"aep:{key} is not a valid setting: did you mean aep:{name}?" for key, name in near.items() if name]:
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
            yield f"aep:{alias} is required, but not set: set it with `pulumi config set aep:{alias} …` or {variable}"
        else:
            reason = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"].lower()
            yield f"aep:{alias} is invalid ({reason}): correct it in the stack's config or in {variable}"
