"""Tokens: issues and verifies access tokens."""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Client
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.ims.errors import oauth
from aep_pulumi.emulator.ims.organisation import CLIENTS

PATH = "/ims/token/v3"

PREFIX = "local-token-"
"""The prefix of all tokens, so that a scan for leaked secrets can find them."""

LIFETIME_S = 86_399
MANDATORY = ("grant_type", "client_id", "client_secret", "scope")


async def token(request: Request) -> Response:
    """Handle `POST /ims/token/v3`, with parameters in the form or in the query."""
    form = (await request.body()).decode("utf-8", "replace")
    given = {**_first_values(request.url.query), **_first_values(form)}
    try:
        return JSONResponse(_issued(request.app.state.store, given))
    except PlatformError as error:
        request.state.code = error.code
        return JSONResponse(error.body, error.status)


def client_of(store: Store, authorization: str | None) -> Client:
    """The client that the token in an Authorization header was issued to.

    Raises:
        PlatformError: the header is missing, or the token is invalid.
    """
    if not authorization:
        raise errors.gateway("403010")
    scheme, _, value = authorization.partition(" ")
    client_id = store.token_client(_digest(value.strip()), clock.now())
    client = CLIENTS.get(client_id or "")
    if scheme.lower() != "bearer" or client is None:
        raise errors.gateway("401013")
    return client


def _issued(store: Store, given: dict[str, str]) -> dict[str, object]:
    if missing := [name for name in MANDATORY if not given.get(name)]:
        raise oauth(400, "invalid_request", f"missing required parameter: {', '.join(missing)}")
    if given["grant_type"] != "client_credentials":
        raise oauth(400, "unsupported_grant_type", "the grant type must be client_credentials")
    client = CLIENTS.get(given["client_id"])
    if client is None or given["client_secret"] != client.secret:
        raise oauth(401, "invalid_client", "the client id or the client secret is wrong")
    if any(not scope.strip() or " " in scope.strip() for scope in given["scope"].split(",")):
        raise oauth(400, "invalid_scope", "the scopes must be separated by commas")
    value = PREFIX + secrets.token_urlsafe(48)
    with store.transaction():
        store.save_token(_digest(value), client.id, clock.now() + LIFETIME_S)
    return {"access_token": value, "token_type": "bearer", "expires_in": LIFETIME_S}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _first_values(encoded: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded).items()}


ROUTES = (Route(PATH, token, methods=["POST"]),)
