"""Tokens: what an access token says of itself. No I/O, and nothing here is proof: only Platform knows whether a token is good."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress

from aep_pulumi.client.auth import life_s_of

_PARTS = 3


def claims_of(token: str) -> Mapping[str, object]:
    """The claims of a token in JWT form, as Adobe's are; {} for any other. The signature is not looked at."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return {}
    with suppress(ValueError):
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return claims if isinstance(claims, Mapping) else {}
    return {}


def ends_at_s(claims: Mapping[str, object]) -> float | None:
    """When a token expires, in epoch seconds; None where its claims do not say.

    Adobe documents no claims. Its tokens have `created_at` and `expires_in` in milliseconds, others the standard `exp` in
    seconds.
    """
    with suppress(ValueError):
        if claims.get("exp"):
            return float(str(claims["exp"]))
        if claims.get("created_at") and (life_s := life_s_of(claims)):
            return float(str(claims["created_at"])) / 1000 + life_s
    return None


def scopes_of(text: object) -> frozenset[str]:
    """The scopes in a text, comma-separated (or by blanks, as OAuth has it)."""
    return frozenset(str(text or "").replace(",", " ").split())
