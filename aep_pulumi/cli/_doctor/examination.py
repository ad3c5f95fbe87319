"""Examination: the results of earlier checks of an `aep doctor` run, for use by later ones."""

import os
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aep_pulumi.cli._stack import Stack
from aep_pulumi.client import Client, local
from aep_pulumi.client.network import RequestsTransport
from aep_pulumi.client.redaction import SHORTEST_SECRET
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import AuthError
from aep_pulumi.settings import Settings

Json: TypeAlias = dict[str, Any]

TOKEN_PATH = "/ims/token/v3"  # noqa: S105 - a path


_PASSWORD = re.compile(r"//[^/@]*?:([^/@]*)@")


def password_in(url: str) -> str:
    """The password in a URL, such as that of a database backend of Pulumi, or ""."""
    match = _PASSWORD.search(url)
    return match[1] if match else ""


class _Recording:
    """A network transport that records the IMS response, of which a client keeps only the token."""

    def __init__(self, ca_bundle: str | None) -> None:
        self._network = RequestsTransport(ca_bundle=ca_bundle)
        self.issued: Mapping[str, object] = {}

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Send the request once; see `Transport.send`."""
        response = self._network.send(request, timeout_s=timeout_s)
        if request.method == "POST" and request.path.endswith(TOKEN_PATH):
            body = response.body()
            self.issued = body if isinstance(body, Mapping) else {}
        return response


@dataclass
class Examination:
    """The results so far. A check that could not run leaves its fields unset."""

    chosen: str | None = None
    """The stack given on the command line."""
    pulumi: Stack | None = None
    stack: str = ""
    """The stack, as `project/stack`."""
    state: Json | None = field(default=None, repr=False)
    """The output of `pulumi stack export`."""
    config: dict[str, str] | None = field(default=None, repr=False)
    """The stack's decrypted config."""
    clock_ahead_s: float = 0.0
    """How far Platform's clock is ahead of this machine's."""
    reached: Response | None = None
    """Platform's response to a request without a token."""
    reached_at_s: float = 0.0
    """The time of that response by this machine's clock: the middle between request and response."""
    sandboxes: list[str] | None = None
    """The sandboxes that the credential has access to, if Platform returned them."""
    not_listed: AuthError | None = None
    """Why Platform did not return them, although it accepted the token."""
    _settings: Settings | None = None
    _client: Client | None = None
    _network: _Recording | None = None

    @property
    def settings(self) -> Settings:
        """The stack's settings. A check that uses them must need `settings`."""
        if self._settings is None:
            raise AssertionError("a check that uses the settings must need them")
        return self._settings

    @property
    def has_settings(self) -> bool:
        """Whether the settings are known."""
        return self._settings is not None

    def use(self, settings: Settings) -> None:
        """Use these settings."""
        self._settings, self._network = settings, _Recording(settings.ca_bundle)
        self._client = Client(settings, self._network)

    @property
    def client(self) -> Client:
        """The same client that runs use, with its retries and limits."""
        if self._client is None:
            raise AssertionError("a check that uses the client must need the settings")
        return self._client

    @property
    def issued(self) -> Mapping[str, object]:
        """The IMS response. It contains the token, so it must not be shown."""
        return self._network.issued if self._network else {}

    @property
    def secrets(self) -> list[str]:
        """The values that findings must not show."""
        settings = self._settings
        secrets = [settings.client_secret, settings.access_token] if settings else []
        texts = [each.get_secret_value() for each in secrets if each] + [str(self.issued.get("access_token") or "")]
        # Pulumi's errors contain the URL of a backend that it cannot reach.
        texts += [os.environ.get("PULUMI_ACCESS_TOKEN", ""), password_in(os.environ.get("PULUMI_BACKEND_URL", ""))]
        return [text for text in texts if len(text) > SHORTEST_SECRET]

    def now_s(self) -> float:
        """Platform's time, in epoch seconds; this machine's, if it is unknown."""
        return time.time() + self.clock_ahead_s

    def platform_url(self) -> str:
        """Platform's URL. The local Platform is started if it is not running."""
        return local.ensure_running(local.home()) if self.settings.is_local else self.settings.endpoint

    def send_bare(self, url: str) -> tuple[Response, float]:
        """Send a GET without a credential, without retries. Returns the response, and its time by this machine's clock.

        Raises:
            AepError: there was no response.
        """
        if self._network is None:
            raise AssertionError("a check that sends requests must need the settings")
        headers = {"Accept": "application/json", "x-request-id": str(uuid.uuid4())}
        began_s = time.time()
        timeout_s = (self.settings.connect_timeout_s, self.settings.read_timeout_s)
        response = self._network.send(Request("GET", url, headers), timeout_s=timeout_s)
        return response, (began_s + time.time()) / 2
