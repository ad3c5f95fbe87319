"""Auth: IMS access tokens, fetched once, renewed early, never twice at the same time. Held in memory alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aep_pulumi.client.collection import is_number
from aep_pulumi.client.shared import Shared

EARLY_S = 300.0
"""A token is renewed this many seconds before it ends, so that none ends on its way."""

_LONGEST_LIFE_S = 30 * 86400.0
_LONGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the moment (on the monotonic clock) from which it is not used any more."""

    text: str = field(repr=False)
    stale_at: float


class Tokens:
    """The one token of a process: any thread may ask, one fetches."""

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._token: Shared[Token] = Shared()

    def current(self) -> str:
        """A token that is still good."""
        return self._token.answer(self._fetch, lambda token: self._clock() < token.stale_at).text

    def refuse(self, text: str) -> None:
        """Say that Platform did not take this token: the next caller fetches another, once for all threads."""
        self._token.forget(lambda token: token.text == text)


def token_of(body: object, now: float) -> Token | None:
    """The token in an answer of IMS, or None where it holds none."""
    if not isinstance(body, Mapping) or not isinstance(text := body.get("access_token"), str) or not text:
        return None
    life_s = life_s_of(body)
    return Token(text, now + max(0.0, life_s - min(EARLY_S, life_s / 2)))


def life_s_of(body: Mapping[str, object]) -> float:
    """The seconds that a token lives, from IMS's answer or from the token's own claims; 0 where they do not say.

    `expires_in` is seconds from the OAuth server-to-server endpoint and milliseconds from the retired JWT exchange and in claims.
    """
    life = body.get("expires_in")
    if isinstance(life, str) and life.isdecimal() and len(life) < _LONGEST_DIGITS:
        life = int(life)
    life = float(life) if is_number(life) and life > 0 else 0.0
    return life / 1000 if life > _LONGEST_LIFE_S else life


def form_of(client_id: str, client_secret: str, scopes: str) -> dict[str, str]:
    """The form that asks IMS for a token. In the body: query strings end up in logs."""
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": scopes,
    }
