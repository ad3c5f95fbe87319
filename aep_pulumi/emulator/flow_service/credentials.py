"""Credentials: the secrets of base connections, which are masked, and whether the source accepts them.

Any credentials are right, except secrets that say they are wrong: they begin with `wrong`, or a connection string contains such a
password.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, Objects
from aep_pulumi.emulator.flow_service.hosts import unknown_host

Json = dict[str, Any]

# Masked when a connection is read; other fields of `auth.params` are returned in clear.
SECRETS = frozenset(
    {
        "accessToken",
        "clientSecret",
        "connectionString",
        "jwtToken",
        "keyFileContent",
        "passPhrase",
        "password",
        "privateKey",
        "privateKeyContent",
        "privateKeyPassphrase",
        "refreshToken",
        "s3SecretKey",
        "s3SessionToken",
        "sasKey",
        "sasUri",
        "secretAccessKey",
        "secretKey",
        "securityToken",
        "servicePrincipalKey",
        "sshKey",
    }
)

MASK = "********"

# What is stored in place of a wrong secret.
_WRONG_MASK = MASK + " wrong"

_WRONG = re.compile(r"wrong|.*\b(password|pwd)\s*=\s*wrong", re.IGNORECASE | re.DOTALL)

# The response of the source, which Platform repeats.
_REJECTION = {
    "salesforce": "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
    "veeva": "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
    "dynamics-online": "invalid_client: the user name, the password or the key of the service principal is not valid.",
}


def masked(params: Json, secrets: Collection[str]) -> Json:
    """The params of a connection as they are stored: secrets are never needed, only whether they are wrong."""
    return {name: _masked(str(value)) if name in secrets else value for name, value in params.items()}


def _masked(secret: str) -> str:
    return _WRONG_MASK if secret == _WRONG_MASK or _WRONG.match(secret) else MASK


def representation(stored: Json) -> Json:
    """A base connection as returned to clients: all masks are the same."""
    params = stored.get("auth", {}).get("params", {})
    if _WRONG_MASK not in params.values():
        return stored
    shown = {name: MASK if value == _WRONG_MASK else value for name, value in params.items()}
    return {**stored, "auth": {**stored["auth"], "params": shown}}


def problem(base: Json, connector: str) -> str | None:
    """Why nothing can be read through a base connection, in the words of the source; None if it can."""
    if host := unknown_host(base):
        return f"The host {host} is unknown."
    if _WRONG_MASK in base.get("auth", {}).get("params", {}).values():
        return _REJECTION.get(connector, "The source rejected the credentials of the connection.")
    return None


def run_failure(objects: Objects, source: Json, connector: str) -> Json | None:
    """Why a run cannot read from a source connection: nothing could be copied. None if it can."""
    base = objects.find(BASE_CONNECTIONS, source.get("baseConnectionId", ""))
    found = problem(base, connector) if base else None
    if found is None:
        return None
    return {"code": "CONNECTOR-1001-500", "message": f"Error occurred while copying data from the source. {found}"}
