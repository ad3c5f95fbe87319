"""Stand-in: a transport that answers from a script, and records the requests."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from requests.structures import CaseInsensitiveDict

from aep_pulumi.client import Client
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import AepError
from aep_pulumi.settings import Settings

CONFIG = {
    "aep:endpoint": "https://platform.adobe.io",
    "aep:organization": "ABC@AdobeOrg",
    "aep:sandbox": "dev",
    "aep:clientId": "client",
    "aep:clientSecret": "s3cr3t-value",
}
IMS = "https://ims-na1.adobelogin.com/ims/token/v3"
NOW = 1_800_000_000.0


def answer(status: int = 200, body: object = None, headers: dict[str, str] | None = None, content: bytes = b"") -> Response:
    """A response with a JSON body or other content."""
    return Response(status, CaseInsensitiveDict(headers or {}), content if body is None else json.dumps(body).encode())


@dataclass
class StandIn:
    """Answers Platform's requests from a script, in order, and issues numbered tokens."""

    script: list[Response | AepError] = field(default_factory=list)
    tokens: list[Response | AepError] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    token_requests: list[Request] = field(default_factory=list)
    timeouts: list[tuple[float, float]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    sandboxes_by_script: bool = False

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Return the next entry of the script."""
        self.timeouts.append(timeout_s)
        if request.url == IMS:
            self.token_requests.append(request)
            ready = answer(200, {"access_token": f"t0ken-{len(self.token_requests)}", "expires_in": 86399})
            answered = self.tokens.pop(0) if self.tokens else ready
        elif request.method == "GET" and "/sandbox-management/" in request.url and not self.sandboxes_by_script:
            return answer(200, {"name": "dev", "type": "development", "state": "active"})
        else:
            self.requests.append(request)
            answered = self.script.pop(0)
        if isinstance(answered, AepError):
            raise answered
        return answered

    def platform(self, **changed: str) -> Client:
        """A client with this transport and a clock that stands still."""
        config = CONFIG | {f"aep:{name}": value for name, value in changed.items()}
        return Client(Settings.read(config, {}), self, clock=lambda: NOW, ticks=lambda: 0.0, sleep=self.waits.append)

    @property
    def request_lines(self) -> list[str]:
        """The requests, as `GET /path`."""
        return [f"{request.method} {request.path}" for request in self.requests]

    @property
    def bodies(self) -> list[Any]:
        """The bodies of the requests."""
        return [None if request.content is None else json.loads(request.content) for request in self.requests]


def scripted(*script: Response | AepError, tokens: Iterable[Response | AepError] = ()) -> StandIn:
    """A stand-in with this script."""
    return StandIn(list(script), list(tokens))
