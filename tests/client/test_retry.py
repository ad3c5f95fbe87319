"""Retry: which requests are retried, and after how long."""

from email.utils import formatdate

import pytest

from aep_pulumi.client.retry import LONGEST_WAIT_S, TRIES, Attempt, Budget, backoff_s, retry_after_s, wait_before_next_try

NOW = 1_800_000_000.0
METHODS = ("GET", "DELETE", "POST", "PUT", "PATCH")
REPEATABLE = ("GET", "DELETE")


def again(method: str, status: int | None, *, sent: bool = True, tries: int = 1, **headers: str) -> bool:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return wait_before_next_try(Attempt(method, status, spelled, tries, sent), now_s=NOW) is not None


@pytest.mark.parametrize("method", METHODS)
def test_a_throttled_request_is_retried_whatever_its_method(method: str) -> None:
    assert again(method, 429)


@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_was_never_sent_is_retried_whatever_its_method(method: str) -> None:
    assert again(method, None, sent=False)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [None, 408, 500, 502, 503, 504])
def test_a_request_that_may_have_happened_is_retried_only_if_idempotent(method: str, status: int | None) -> None:
    assert again(method, status) == (method in REPEATABLE)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_even_retry_after_does_not_retry_a_write_that_may_have_happened(method: str) -> None:
    assert not again(method, 503, Retry_After="1")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 405, 409, 412, 422, 501])
def test_a_request_with_a_definite_response_is_not_retried(method: str, status: int) -> None:
    assert not again(method, status)


def test_a_request_is_sent_at_most_five_times() -> None:
    assert [again("GET", 503, tries=tries) for tries in range(1, TRIES + 1)] == [True, True, True, True, False]


def test_a_throttled_request_is_retried_until_its_deadline() -> None:
    assert again("POST", 429, tries=50)
    last = Attempt("POST", 429, {"Retry-After": "7"}, 50)
    assert wait_before_next_try(last, now_s=NOW, left_s=7) == 7
    assert wait_before_next_try(last, now_s=NOW, left_s=6) is None


def test_a_budget_is_spent_by_retries_and_refilled_by_successes() -> None:
    budget = Budget(3)
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]

    budget.earn()
    budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_a_budget_never_exceeds_its_capacity() -> None:
    budget = Budget(1)
    budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]


@pytest.mark.parametrize("status", [429, 503])
def test_the_retry_after_header_is_obeyed(status: int) -> None:
    assert wait_before_next_try(Attempt("GET", status, {"Retry-After": "7"}, 1), now_s=NOW) == 7


@pytest.mark.parametrize("header", ["0", formatdate(NOW - 30, usegmt=True)])
def test_retry_after_zero_falls_back_to_exponential_backoff(header: str) -> None:
    waits = [wait_before_next_try(Attempt("GET", 429, {"Retry-After": header}, tries), now_s=NOW) for tries in (1, 3, 5, 50)]
    assert all(wait is not None and wait >= shortest for wait, shortest in zip(waits, (0.25, 1.0, 4.0, 4.0), strict=True))


def test_a_retry_after_above_two_minutes_is_an_outage() -> None:
    assert wait_before_next_try(Attempt("GET", 429, {"Retry-After": "120"}, 1), now_s=NOW) == 120
    assert wait_before_next_try(Attempt("GET", 429, {"Retry-After": "121"}, 1), now_s=NOW) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("1.5", None),
        ("²", None),
        ("-3", None),
        ("Wed, 99 Foo 2026 99:99:99 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", None),
    ],
)
def test_both_formats_of_retry_after_are_read_and_any_other_is_none(header: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": header}, NOW) == seconds


def test_a_missing_retry_after_is_none() -> None:
    assert retry_after_s({}, NOW) is None


@pytest.mark.parametrize(
    ("tries", "longest"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (9, LONGEST_WAIT_S), (60, LONGEST_WAIT_S), (5000, LONGEST_WAIT_S)],
)
def test_waits_double_up_to_a_limit_with_jitter(tries: int, longest: float) -> None:
    waits = {backoff_s(tries) for _ in range(50)}
    assert longest / 2 <= min(waits) < max(waits) <= longest
