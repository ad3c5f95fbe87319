"""Examination: what the checks of one `aep doctor` have learnt so far, for those that follow."""

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
from aep_pulumi.client.transport import Answer, Request
from aep_pulumi.errors import AuthError
from aep_pulumi.settings import Settings

Json: TypeAlias = dict[str, Any]

TOKEN_PATH = "/ims/token/v3"  # noqa: S105 - a path


_PASSWORD = re.compile(r"//[^/@]*?:([^/@]*)@")


def password_in(url: str) -> str:
    """The password in an address, such as that of a database with Pulumi's states; "" where there is none."""
    found = _PASSWORD.search(url)
    return found[1] if found else ""


class _Recording:
    """The network, which keeps what IMS returned: a client keeps no more of it than it needs."""

    def __init__(self, ca_bundle: str | None) -> None:
        self._network = RequestsTransport(ca_bundle=ca_bundle)
        self.issued: Mapping[str, object] = {}

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Answer:
        """Send the request once; see `Transport.send`."""
        answer = self._network.send(request, timeout_s=timeout_s)
        if request.method == "POST" and request.path.endswith(TOKEN_PATH):
            body = answer.body()
            self.issued = body if isinstance(body, Mapping) else {}
        return answer


@dataclass
class Examination:
    """What is known. A check that could not be made leaves its part as it was."""

    chosen: str | None = None
    """The stack that the command line names."""
    pulumi: Stack | None = None
    stack: str = ""
    """The stack, as `project/stack`."""
    state: Json | None = field(default=None, repr=False)
    """What `pulumi stack export` prints."""
    config: dict[str, str] | None = field(default=None, repr=False)
    """The stack's config in clear."""
    clock_ahead_s: float = 0.0
    """How far Platform's clock is ahead of this machine's."""
    reached: Answer | None = None
    """Platform's answer to a request without a token."""
    reached_at_s: float = 0.0
    """When it came, by this machine's clock: the middle of the exchange."""
    sandboxes: list[str] | None = None
    """The sandboxes that the credential may use, where Platform returned them."""
    not_listed: AuthError | None = None
    """Why it did not, where it accepted the token all the same."""
    _settings: Settings | None = None
    _client: Client | None = None
    _network: _Recording | None = None

    @property
    def settings(self) -> Settings:
        """The stack's settings: a check that uses them needs `settings`."""
        if self._settings is None:
            raise AssertionError("a check that uses the settings must need them")
        return self._settings

    @property
    def has_settings(self) -> bool:
        """Whether the settings are known."""
        return self._settings is not None

    def use(self, settings: Settings) -> None:
        """Work with these settings."""
        self._settings, self._network = settings, _Recording(settings.ca_bundle)
        self._client = Client(settings, self._network)

    @property
    def client(self) -> Client:
        """The client that runs use, with all their retries and limits."""
        if self._client is None:
            raise AssertionError("a check that uses the client must need the settings")
        return self._client

    @property
    def issued(self) -> Mapping[str, object]:
        """What IMS returned with the token. It holds the token: never show it."""
        return self._network.issued if self._network else {}

    @property
    def secrets(self) -> list[str]:
        """The texts that no finding may show."""
        settings = self._settings
        kept = [settings.client_secret, settings.access_token] if settings else []
        texts = [each.get_secret_value() for each in kept if each] + [str(self.issued.get("access_token") or "")]
        # Pulumi repeats its backend's address where it cannot reach it.
        texts += [os.environ.get("PULUMI_ACCESS_TOKEN", ""), password_in(os.environ.get("PULUMI_BACKEND_URL", ""))]
        return [text for text in texts if len(text) > SHORTEST_SECRET]

    def now_s(self) -> float:
        """The time by Platform's clock, as far as it is known."""
        return time.time() + self.clock_ahead_s

    def platform_url(self) -> str:
        """Platform's address; the local one is started where it does not run."""
        return local.ensure_running(local.home()) if self.settings.is_local else self.settings.endpoint

    def send_bare(self, url: str) -> tuple[Answer, float]:
        """Send one GET without a credential, once: its answer, and the middle of the exchange by this machine's clock.

        Raises:
            AepError: no answer, and why.
        """
        if self._network is None:
            raise AssertionError("a check that sends requests must need the settings")
        headers = {"Accept": "application/json", "x-request-id": str(uuid.uuid4())}
        began_s = time.time()
        timeout_s = (self.settings.connect_timeout_s, self.settings.read_timeout_s)
        answer = self._network.send(Request("GET", url, headers), timeout_s=timeout_s)
        return answer, (began_s + time.time()) / 2
