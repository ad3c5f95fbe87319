"""Retry: which request is sent once more, and after how long."""

from email.utils import formatdate

import pytest

from aep_pulumi.client.retry import LONGEST_WAIT_S, TRIES, Attempt, Budget, backoff_s, retry_after_s, wait_before_next_try

NOW = 1_800_000_000.0
METHODS = ("GET", "DELETE", "POST", "PUT", "PATCH")
REPEATABLE = ("GET", "DELETE")


def again(method: str, status: int | None, *, sent: bool = True, tries: int = 1, **headers: str) -> bool:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return wait_before_next_try(Attempt(method, status, said, tries, sent), now_s=NOW) is not None


@pytest.mark.parametrize("method", METHODS)
def test_a_throttled_request_is_sent_again_whatever_it_asks(method: str) -> None:
    assert again(method, 429)


@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_was_never_sent_is_sent_again_whatever_it_asks(method: str) -> None:
    assert again(method, None, sent=False)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [None, 408, 500, 502, 503, 504])
def test_a_request_that_may_have_happened_is_sent_again_only_if_twice_is_no_more_than_once(
    method: str, status: int | None
) -> None:
    assert again(method, status) == (method in REPEATABLE)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_not_even_a_wish_to_be_asked_later_repeats_a_write_that_may_have_happened(method: str) -> None:
    assert not again(method, 503, Retry_After="1")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 405, 409, 412, 422, 501])
def test_a_request_that_was_decided_on_is_not_sent_again(method: str, status: int) -> None:
    assert not again(method, status)


def test_a_request_is_sent_no_more_than_five_times() -> None:
    assert [again("GET", 503, tries=tries) for tries in range(1, TRIES + 1)] == [True, True, True, True, False]


def test_a_throttled_request_is_sent_until_its_deadline() -> None:
    assert again("POST", 429, tries=50)
    last = Attempt("POST", 429, {"Retry-After": "7"}, 50)
    assert wait_before_next_try(last, now_s=NOW, left_s=7) == 7
    assert wait_before_next_try(last, now_s=NOW, left_s=6) is None


def test_a_budget_is_spent_by_retries_and_earned_back_by_successes() -> None:
    budget = Budget(3)
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]

    budget.earn()
    budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_a_budget_holds_no_more_than_the_whole() -> None:
    budget = Budget(1)
    budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_platform_asks_for_is_obeyed(status: int) -> None:
    assert wait_before_next_try(Attempt("GET", status, {"Retry-After": "7"}, 1), now_s=NOW) == 7


@pytest.mark.parametrize("said", ["0", formatdate(NOW - 30, usegmt=True)])
def test_who_is_asked_to_come_back_at_once_waits_all_the_same_and_longer_each_time(said: str) -> None:
    waits = [wait_before_next_try(Attempt("GET", 429, {"Retry-After": said}, tries), now_s=NOW) for tries in (1, 3, 5, 50)]
    assert all(wait is not None and wait >= shortest for wait, shortest in zip(waits, (0.25, 1.0, 4.0, 4.0), strict=True))


def test_a_wait_beyond_two_minutes_is_an_outage() -> None:
    assert wait_before_next_try(Attempt("GET", 429, {"Retry-After": "120"}, 1), now_s=NOW) == 120
    assert wait_before_next_try(Attempt("GET", 429, {"Retry-After": "121"}, 1), now_s=NOW) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
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
def test_both_forms_of_retry_after_are_understood_and_any_other_is_none(said: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": said}, NOW) == seconds


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after_s({}, NOW) is None


@pytest.mark.parametrize(
    ("tries", "longest"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (9, LONGEST_WAIT_S), (60, LONGEST_WAIT_S), (5000, LONGEST_WAIT_S)],
)
def test_waits_double_up_to_a_limit_and_are_spread(tries: int, longest: float) -> None:
    waits = {backoff_s(tries) for _ in range(50)}
    assert longest / 2 <= min(waits) < max(waits) <= longest
