"""Settings: which Platform a stack talks to, as whom, and within which limits."""

import difflib
import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from aep_pulumi.errors import SettingsError

LOCAL = "local"
"""The endpoint that means the local Platform, started on demand."""

_LOCAL_DEFAULTS = {
    # What the local Platform publishes to everybody: these protect nothing.
    "organization": "LOCAL@AdobeOrg",
    "sandbox": "dev",
    "clientId": "local-client",
    "clientSecret": "local-secret",
}
_ADOBE_HOSTS = (".adobe.io", ".adobelogin.com")
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
OTHER_HOSTS_VARIABLE = "AEP_ALLOW_HOSTS"
"""Names further hosts, comma-separated, that credentials may be sent to. Only the environment can name them: a pull
request that edits a stack's settings cannot send the credentials elsewhere."""


def _no_slash(url: str) -> str:
    return url.rstrip("/")


class Settings(BaseModel):
    """The provider's settings: from the stack's config (`aep:sandbox`), else from the environment (`AEP_SANDBOX`).

    The stack wins over the environment. On the local Platform all but `endpoint` have defaults.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    endpoint: Annotated[str, AfterValidator(_no_slash)] = LOCAL
    """`local`, or Platform's address: https://platform.adobe.io or a regional one."""

    ims_endpoint: Annotated[str, AfterValidator(_no_slash)] = "https://ims-na1.adobelogin.com"
    """Where tokens come from (Adobe's Identity Management Services)."""

    organization: str
    """The organisation id, `…@AdobeOrg`."""

    sandbox: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """The sandbox's name, in lower case."""

    client_id: str
    """The credential's client id, sent as `x-api-key` too."""

    client_secret: SecretStr | None = None
    """The credential's client secret, set with `--secret`. Needed unless `access_token` is set."""

    access_token: SecretStr | None = None
    """A ready access token, for runs that hold no client secret."""

    scopes: str = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
    """The credential's scopes, comma-separated, as Adobe's developer console shows them."""

    allow_destructive: bool = False
    """Whether a change may replace schemas and datasets, whose rows are then lost."""

    connect_timeout_s: Annotated[float, Field(gt=0)] = 10
    """Seconds until a connection must stand."""

    read_timeout_s: Annotated[float, Field(gt=0)] = 60
    """Seconds that Platform may be silent in an answer."""

    start_margin_s: Annotated[int, Field(ge=0)] = 60
    """Seconds between now and the start of a dataflow whose start time is missing or past."""

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
            environ: the environment, whose `AEP_*` variables fill what the config leaves out.

        Raises:
            SettingsError: names every missing and every wrong setting at once, and where to set it.
        """
        said = {key.removeprefix("aep:"): value for key, value in config.items() if key.startswith("aep:")}
        names = {field.alias: name for name, field in cls.model_fields.items() if field.alias}
        _refuse_misspelt(said, names)
        values = {alias: environ[variable] for alias, name in names.items() if (variable := f"AEP_{name.upper()}") in environ}
        values |= {alias: said[alias] for alias in names if alias in said}
        if values.get("endpoint", LOCAL) == LOCAL:
            values = _LOCAL_DEFAULTS | values
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None
        _refuse_unsafe(settings, environ)
        return settings


def unsafe_url(url: str, allowed: tuple[str, ...] = ()) -> str:
    """Why credentials must not be sent to this address, or "" where they may be."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        return f"it must be {LOCAL!r} or an https address such as https://platform.adobe.io"
    if host in _LOOPBACK_HOSTS:
        return ""
    if parts.scheme != "https":
        return "credentials would travel in clear: use https"
    if host.endswith(_ADOBE_HOSTS) or host in allowed:
        return ""
    return f"{host} is not Adobe's: to send credentials there, name the host in the environment variable {OTHER_HOSTS_VARIABLE}"


def _refuse_unsafe(settings: Settings, environ: Mapping[str, str]) -> None:
    if "@" not in settings.organization:
        raise SettingsError(
            f"aep:organization is {settings.organization!r}, but an organisation id ends in @AdobeOrg: copy it whole from "
            "Adobe's developer console"
        )
    if settings.client_secret is None and settings.access_token is None:
        raise SettingsError(
            "no credentials: set aep:clientSecret (`pulumi config set --secret aep:clientSecret …`, or AEP_CLIENT_SECRET), "
            "or aep:accessToken"
        )
    if settings.is_local:
        return
    allowed = tuple(host.strip() for host in environ.get(OTHER_HOSTS_VARIABLE, "").split(",") if host.strip())
    for name, url in (("aep:endpoint", settings.endpoint), ("aep:imsEndpoint", settings.ims_endpoint)):
        if reason := unsafe_url(url, allowed):
            raise SettingsError(f"{name} is {url!r}, but {reason}")


def _refuse_misspelt(said: Mapping[str, str], names: Mapping[str, str]) -> None:
    for key in said:
        if key not in names and (near := difflib.get_close_matches(key, names, n=1, cutoff=0.85)):
            raise SettingsError(f"aep:{key} is no setting: did you mean aep:{near[0]}?")


def _sentence(error: ValidationError) -> str:
    return "; ".join(_reasons(error))


def _reasons(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        alias = str(problem["loc"][0])
        variable = next(f"AEP_{name.upper()}" for name, field in Settings.model_fields.items() if field.alias == alias)
        if problem["type"] == "missing":
            yield f"aep:{alias} is missing: set it with `pulumi config set aep:{alias} …` or {variable}"
        else:
            yield f"aep:{alias} is wrong ({problem['msg'].lower()}): correct it in the stack's config or in {variable}"
