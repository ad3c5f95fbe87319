"""Tokens: the claims of an access token. No I/O, and no verification: only Platform knows whether a token is valid."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress

from aep_pulumi.client.auth import lifetime_s

_PARTS = 3


def claims_of(token: str) -> Mapping[str, object]:
    """The claims of a JWT, as Adobe's tokens are; {} for any other token. The signature is not verified."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return {}
    with suppress(ValueError):
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return claims if isinstance(claims, Mapping) else {}
    return {}


def ends_at_s(claims: Mapping[str, object]) -> float | None:
    """When a token expires, in epoch seconds; None if its claims do not contain it.

    Adobe does not document the claims. Its tokens have `created_at` and `expires_in` in milliseconds, others the standard `exp`
    in seconds.
    """
    with suppress(ValueError):
        if claims.get("exp"):
            return float(str(claims["exp"]))
        if claims.get("created_at") and (life_s := lifetime_s(claims)):
            return float(str(claims["created_at"])) / 1000 + life_s
    return None


def scopes_of(text: object) -> frozenset[str]:
    """The scopes in a string, separated by commas (or spaces, as in OAuth)."""
    return frozenset(str(text or "").replace(",", " ").split())
