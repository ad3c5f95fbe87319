"""Auth: IMS access tokens. Fetched once, renewed early, never concurrently, and kept in memory only."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aep_pulumi.client.collection import is_number
from aep_pulumi.client.shared import Shared

EARLY_S = 300.0
"""A token is renewed this many seconds before it expires, so that it cannot expire in transit."""

_LONGEST_LIFE_S = 30 * 86400.0
_LONGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the time (on the monotonic clock) from which it must no longer be used."""

    text: str = field(repr=False)
    stale_at: float


class Tokens:
    """The token of this process, shared by all threads; only one of them fetches it."""

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._token: Shared[Token] = Shared()

    def current(self) -> str:
        """A valid token, fetched if necessary."""
        return self._token.get(self._fetch, lambda token: self._clock() < token.stale_at).text

    def invalidate(self, text: str) -> None:
        """Discard a token that Platform rejected: the next caller fetches a new one for all threads."""
        self._token.invalidate(lambda token: token.text == text)


def token_of(body: object, now: float) -> Token | None:
    """The token in an IMS response, or None if there is none."""
    if not isinstance(body, Mapping) or not isinstance(text := body.get("access_token"), str) or not text:
        return None
    life_s = lifetime_s(body)
    return Token(text, now + max(0.0, life_s - min(EARLY_S, life_s / 2)))


def lifetime_s(body: Mapping[str, object]) -> float:
    """A token's lifetime in seconds, from the IMS response or from the token's claims; 0 if not specified.

    `expires_in` is in seconds in OAuth server-to-server responses, and in milliseconds in claims and in the retired JWT exchange.
    """
    life = body.get("expires_in")
    if isinstance(life, str) and life.isdecimal() and len(life) < _LONGEST_DIGITS:
        life = int(life)
    life = float(life) if is_number(life) and life > 0 else 0.0
    return life / 1000 if life > _LONGEST_LIFE_S else life


def token_request_form(client_id: str, client_secret: str, scopes: str) -> dict[str, str]:
    """The form fields of a token request. They go into the body, because query strings end up in logs."""
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": scopes,
    }
