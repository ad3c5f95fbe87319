"""IMS: access tokens for the local client, and whose token a call carries."""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.errors import Refusal
from aep_pulumi.emulator.core.store import Store

PATH = "/ims/token/v3"

# Published on purpose: they open nothing but a server on this machine.
CLIENT_ID = "local-client"
CLIENT_SECRET = "local-secret"  # noqa: S105
ORGANISATION = "LOCAL@AdobeOrg"
TENANT = "localtenant"
USER = "local-client@techacct.adobe.com"
PREFIX = "local-token-"
"""What every token begins with: whoever searches a disk for tokens of this server finds them."""

LIFETIME_S = 86_399
MANDATORY = ("grant_type", "client_id", "client_secret", "scope")


async def token(request: Request) -> Response:
    """Answer `POST /ims/token/v3`, whose parameters may stand in the form or in the query."""
    form = (await request.body()).decode("utf-8", "replace")
    given = {**_first_values(request.url.query), **_first_values(form)}
    try:
        return JSONResponse(_issued(request.app.state.store, given))
    except Refusal as refusal:
        request.state.code = refusal.code
        return JSONResponse(refusal.body, refusal.status)


def client_of(store: Store, authorization: str | None) -> str:
    """The client whose token an Authorization header carries; a header that is missing or wrong is refused."""
    if not authorization:
        raise refusals.gateway("403010")
    scheme, _, value = authorization.partition(" ")
    client_id = store.token_client(_digest(value.strip()), clock.now())
    if scheme.lower() != "bearer" or client_id is None:
        raise refusals.gateway("401013")
    return client_id


def _issued(store: Store, given: dict[str, str]) -> dict[str, object]:
    if missing := [name for name in MANDATORY if not given.get(name)]:
        raise refusals.oauth(400, "invalid_request", f"missing required parameter: {', '.join(missing)}")
    if given["grant_type"] != "client_credentials":
        raise refusals.oauth(400, "unsupported_grant_type", "the grant type must be client_credentials")
    if given["client_id"] != CLIENT_ID or given["client_secret"] != CLIENT_SECRET:
        raise refusals.oauth(401, "invalid_client", "the client id or the client secret is wrong")
    if any(not scope.strip() or " " in scope.strip() for scope in given["scope"].split(",")):
        raise refusals.oauth(400, "invalid_scope", "the scopes must be separated by commas")
    value = PREFIX + secrets.token_urlsafe(48)
    with store.transaction():
        store.remember_token(_digest(value), CLIENT_ID, clock.now() + LIFETIME_S)
    return {"access_token": value, "token_type": "bearer", "expires_in": LIFETIME_S}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _first_values(encoded: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded).items()}
