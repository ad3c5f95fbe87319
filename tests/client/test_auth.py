"""Auth: one token, fetched once, renewed early."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aep_pulumi.client.auth import EARLY_S, Token, Tokens, token_of, token_request_form
from aep_pulumi.errors import UnreachableError


class Clock:
    """A clock set by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The current time."""
        return self.now


class Source:
    """The token source: counts the fetches, and lets a test delay the first."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.fetched = clock, 0
        self.requested, self.go = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self) -> Token:
        """Fetch a token."""
        self.fetched += 1
        self.requested.set()
        assert self.go.wait(10)
        return Token(f"token-{self.fetched}", self.clock.now + 100)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> Source:
    return Source(clock)


@pytest.mark.parametrize("life", [86399, 86399.0, "86399", 86399000])
def test_a_token_lifetime_is_in_seconds_or_milliseconds_and_ends_five_minutes_early(life: object) -> None:
    token = token_of({"access_token": "t", "expires_in": life}, 1000.0)
    assert token is not None
    assert token.stale_at == 1000.0 + 86399 - EARLY_S


@pytest.mark.parametrize(("life", "used_for"), [(60, 30), (600, 300), (601, 301), (0, 0), (-5, 0), (None, 0)])
def test_a_short_lived_token_is_used_for_at_least_half_of_its_lifetime(life: float | None, used_for: float) -> None:
    token = token_of({"access_token": "t", "expires_in": life}, 1000.0)
    assert token is not None
    assert token.stale_at == 1000.0 + used_for


@pytest.mark.parametrize("body", [None, [], "t", {}, {"access_token": None}, {"access_token": 7}, {"access_token": ""}])
def test_a_response_without_a_token_yields_none(body: object) -> None:
    assert token_of(body, 0.0) is None


def test_the_repr_of_a_token_hides_it() -> None:
    assert "hush" not in repr(Token("hush", 1.0))


def test_a_token_is_fetched_once_while_it_is_valid(clock: Clock, source: Source) -> None:
    tokens = Tokens(source, clock)
    assert (tokens.current(), tokens.current()) == ("token-1", "token-1")
    clock.now += 99.9
    assert tokens.current() == "token-1"
    clock.now += 0.1
    assert tokens.current() == "token-2"


def test_concurrent_threads_fetch_one_token(clock: Clock, source: Source) -> None:
    tokens = Tokens(source, clock)
    source.go.clear()
    with ThreadPoolExecutor(16) as pool:
        pending = [pool.submit(tokens.current) for _ in range(64)]
        assert source.requested.wait(10)
        source.go.set()
        assert {future.result(10) for future in pending} == {"token-1"}
    assert source.fetched == 1


def test_a_rejected_token_is_fetched_anew_once_for_all_threads(clock: Clock, source: Source) -> None:
    tokens = Tokens(source, clock)
    first = tokens.current()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tokens.invalidate, [first] * 32))
        assert set(pool.map(lambda _: tokens.current(), range(32))) == {"token-2"}
    # A late rejection of the old token does not discard the new one.
    tokens.invalidate(first)
    assert (tokens.current(), source.fetched) == ("token-2", 2)


def test_a_failed_fetch_is_retried_by_the_next_caller(clock: Clock) -> None:
    answers: Iterator[Token | UnreachableError] = iter([UnreachableError("ims cannot be reached"), Token("late", clock.now + 10)])

    def fetch() -> Token:
        answer = next(answers)
        if isinstance(answer, UnreachableError):
            raise answer
        return answer

    tokens = Tokens(fetch, clock)
    with pytest.raises(UnreachableError):
        tokens.current()
    assert tokens.current() == "late"


def test_the_form_requests_client_credentials() -> None:
    assert token_request_form("id", "secret", "openid,AdobeID") == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "secret",
        "scope": "openid,AdobeID",
    }
