"""Sides: the two Platforms of a comparison, and what a request to one of them returned."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from aep_pulumi.cli._compare.planning import Effect, Planned
from aep_pulumi.cli._compare.shapes import Mask
from aep_pulumi.cli._recordings.json_paths import at
from aep_pulumi.cli._recordings.steps import SANDBOX, SECRET, TENANT, rendered, rendered_path, secret_of, time_of
from aep_pulumi.cli._stack import Stack
from aep_pulumi.client import Client, guard, local
from aep_pulumi.client.network import RequestsTransport
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import AepError, ResponseError, SettingsError, TimedOutError, UnreachableError
from aep_pulumi.kinds import Kind
from aep_pulumi.settings import LOCAL, Settings

_STATS = "/data/foundation/schemaregistry/stats"
_DAY_S = 86_400
_ANY_SECRET = "local"  # noqa: S105 - a local Platform accepts any
_ENDPOINT = "AEP_ENDPOINT"
_SUCCESS = 300
"""The statuses below are successes."""


class Tap:
    """The network, which keeps the latest response: the client returns no body of an error."""

    def __init__(self, ca_bundle: str | None) -> None:
        self._network = RequestsTransport(ca_bundle=ca_bundle)
        self.latest: Response | None = None

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Send a request; see `Transport.send`."""
        self.latest = None
        self.latest = self._network.send(request, timeout_s=timeout_s)
        return self.latest

    def close(self) -> None:
        """Close the connections."""
        self._network.close()


@dataclass(frozen=True)
class Outcome:
    """What one request returned."""

    status: int | None
    """None if there was no response."""
    code: str = ""
    message: str = ""
    body: object = field(default=None, repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether it was successful."""
        return self.status is not None and self.status < _SUCCESS


@dataclass(frozen=True)
class Created:
    """An object that the comparison has created."""

    kind: Kind
    id: str

    @property
    def path(self) -> str:
        """Its path."""
        return f"{self.kind.path}/{quote(self.id, safe='')}"


@dataclass
class Side:
    """One of the two Platforms."""

    name: str
    settings: Settings
    is_local: bool
    """Whether it is a local Platform, which accepts any credentials of a source."""
    address: str
    where: str
    """The address, for people."""
    tap: Tap
    client: Client
    values: dict[str, str | int] = field(default_factory=dict)
    """The variables that its responses gave."""
    created: list[Created] = field(default_factory=list)
    is_unsure: bool = False
    """Whether a create had no response, so that its object may exist."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Where its objects are."""
        return self.address, self.settings.organization, self.settings.sandbox

    def secret(self, name: str) -> str | None:
        """A secret of the recording, or None if it is not set."""
        return secret_of(name, os.environ) or (_ANY_SECRET if self.is_local else None)

    def value(self, name: str) -> str | int | None:
        """The value of a variable, or None."""
        if name.startswith(SECRET):
            return self.secret(name)
        # Dataflows start no sooner than in a day: they are deleted before they run.
        now_s = time.time()
        moment = time_of(name, now_s)
        if moment is not None:
            return type(moment)(max(int(moment), int(now_s) + _DAY_S))
        return self.settings.sandbox if name == SANDBOX else self.values.get(name)

    def read_tenant(self) -> None:
        """Read the tenant id of the organisation."""
        tenant = at(self.client.call("GET", _STATS).body(), "tenantId")
        if isinstance(tenant, str):
            self.values[TENANT] = tenant

    @property
    def mask(self) -> Mask:
        """What a report on its responses must not contain."""
        settings = self.settings
        credentials = [each.get_secret_value() for each in (settings.client_secret, settings.access_token) if each]
        secrets = [value for name, value in os.environ.items() if name.startswith(SECRET) and value]
        # The public names of a local Platform are no secrets, and occur in other words.
        names = [] if self.is_local else [settings.organization, settings.sandbox, settings.client_id]
        given = {str(value) for name, value in self.values.items() if name != TENANT}
        return Mask(
            frozenset(given | {each.id for each in self.created}),
            str(self.values.get(TENANT, "")),
            frozenset([*credentials, *secrets, *names]),
        )

    def send(self, planned: Planned) -> Outcome:
        """Send a request of the recording, and keep what its response gives.

        Raises:
            AepError: it was not sent.
        """
        step = planned.step
        query: dict[str, str | list[str]] = {}
        for name, value in step.query:
            query.setdefault(str(rendered(name, self.value)), []).append(str(rendered(value, self.value)))  # type: ignore[union-attr]
        headers = {_spelt(name): str(rendered(value, self.value)) for name, value in step.headers.items()}
        path, body = rendered_path(step.path, self.value), rendered(step.body, self.value)
        outcome = self._call(step.method, path, body, query, headers, is_read=planned.effect is Effect.READ)
        if planned.kind:
            object_id = _id_in(outcome.body) if outcome.succeeded else ""
            if object_id:
                self.created.append(Created(planned.kind, object_id))
            # A server error may come after the object was created.
            self.is_unsure |= not object_id and (outcome.status is None or outcome.succeeded or outcome.status >= 500)  # noqa: PLR2004
        for name, where in step.gives.items():
            given = at(outcome.body, *where) if outcome.succeeded else None
            if isinstance(given, str | int):
                self.values[name] = given
        return outcome

    def _call(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str | list[str]],
        headers: Mapping[str, str],
        *,
        is_read: bool,
    ) -> Outcome:
        try:
            response = self.client.call(method, path, body=body, query=query, headers=headers, read_only=is_read)
        except ResponseError as error:
            latest = self.tap.latest
            return Outcome(error.status, error.code, error.message, latest.body() if latest else None)
        except TimedOutError as error:
            # A success without JSON is an error to the client.
            latest = self.tap.latest
            return Outcome(latest.status if latest else None, "", str(error))
        except UnreachableError as error:
            return Outcome(None, "", str(error))
        return Outcome(response.status, "", "", response.body() if response.content else None)

    def delete(self, created: Created) -> None:
        """Delete an object that the comparison created. One that does not exist any more is deleted.

        Raises:
            AepError: it could not be deleted.
        """
        outcome = self._call("DELETE", created.path, None, {}, {}, is_read=False)
        if not outcome.succeeded and outcome.status not in {404, 410} and not outcome.code.startswith("1439"):
            raise AepError(f"{outcome.status or 'no response'} {outcome.code} {self.mask.text(outcome.message)}".strip())

    def reject_writes_unless_allowed(self, kinds: Iterable[Kind]) -> None:
        """Reject a sandbox of type production, unless the stack may write to it and delete what is written.

        Raises:
            GuardError: which setting allows it.
        """
        for kind in kinds:
            for method in ("POST", "DELETE"):
                guard.check_write(self.settings, self.client.sandbox_type(), method, f"{kind.path}/")


def _spelt(name: str) -> str:
    """A header's name as the client spells it, so that it replaces the client's own."""
    return name if name.startswith("x-") else name.title()


def _id_in(body: object) -> str:
    """The id in the response to a create, whatever the service."""
    if isinstance(body, list):
        return str(at(body, 0, "@last") or "")
    return next((str(body[key]) for key in ("@id", "$id", "id") if body.get(key)), "") if isinstance(body, dict) else ""


# --- which Platforms ------------------------------------------------------------------------------------------------------


@contextmanager
def left_side(url: str | None, config: Mapping[str, str]) -> Iterator[Side]:
    """The left side: the Platform at an address, or a fresh local one, which is stopped afterwards."""
    if url is not None:
        with _side("left", _settings(url, config)) as side:
            yield side
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        # Platform has no strict mode.
        fresh = local.ensure_running(home, options=["--no-strict"])
        try:
            with _side("left", _settings(fresh, config), "a fresh local Platform") as side:
                yield side
        finally:
            local.stop(home)


@contextmanager
def right_side(url: str | None, config: Mapping[str, str]) -> Iterator[Side]:
    """The right side: the Platform at an address, or that of the settings."""
    settings = _settings(url, config) if url else Settings.read(config)
    if url is None and settings.is_local:
        raise SettingsError(
            "the settings name the local Platform: set aep:endpoint or AEP_ENDPOINT to the address of the Platform to compare it "
            "with, or name one with --right"
        )
    with _side("right", settings) as side:
        yield side


def stack_config(stack: str | None) -> Mapping[str, str]:
    """The stack's config; without a stack, none if the environment variables name a Platform."""
    try:
        return Stack(stack).config()
    except SettingsError:
        if stack or not os.environ.get(_ENDPOINT):
            raise
        return {}


def _settings(url: str, config: Mapping[str, str]) -> Settings:
    """The settings for an address: for a local Platform its own credential, for others that of the stack."""
    url = url.rstrip("/")
    if url == LOCAL:
        return Settings.read({"aep:endpoint": LOCAL}, {})
    if not url.startswith(("http://127.0.0.1", "http://localhost")) or not local.is_local_platform(url):
        return Settings.read({**config, "aep:endpoint": url})
    own = Settings.read({"aep:endpoint": LOCAL}, {})
    secret = own.client_secret.get_secret_value() if own.client_secret else ""
    credential = {"clientId": own.client_id, "clientSecret": secret, "organization": own.organization, "sandbox": own.sandbox}
    at_url = {"endpoint": url, "imsEndpoint": url, "settleS": "0"}
    return Settings.read({f"aep:{name}": value for name, value in (credential | at_url).items()}, {})


@contextmanager
def _side(name: str, settings: Settings, where: str = "") -> Iterator[Side]:
    address = local.ensure_running(local.home()) if settings.is_local else settings.endpoint
    tap = Tap(settings.ca_bundle)
    is_local = settings.is_local or local.is_local_platform(address)
    side = Side(name, settings, is_local, address, where or address, tap, Client(settings, tap))
    try:
        yield side
    finally:
        tap.close()
