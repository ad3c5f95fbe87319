"""Errors: each is one sentence, as a user reads it."""

import inspect
import traceback

import pytest

from aep_pulumi import errors
from aep_pulumi.errors import AepError, ConflictError, NotFoundError, RejectedError, ResponseError, SettingsError

TREE = {
    "AepError": "Exception",
    "SettingsError": "AepError",
    "GuardError": "AepError",
    "OccupiedError": "GuardError",
    "JournalError": "AepError",
    "AmbiguousError": "AepError",
    "UnexpectedError": "AepError",
    "DeadlineError": "AepError",
    "UnreachableError": "AepError",
    "TimedOutError": "AepError",
    "UnreadableError": "TimedOutError",
    "ResponseError": "AepError",
    "RejectedError": "ResponseError",
    "AuthError": "ResponseError",
    "NotFoundError": "ResponseError",
    "ConflictError": "ResponseError",
    "ThrottledError": "ResponseError",
    "OutageError": "ResponseError",
}


def test_the_class_tree_matches_the_docstring() -> None:
    classes = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, AepError)}
    assert {name: kind.__mro__[1].__name__ for name, kind in classes.items()} == TREE
    drawn = str(errors.__doc__).split()
    assert [name for name in TREE if name not in drawn] == []


@pytest.mark.parametrize("name", TREE)
def test_an_error_prints_without_the_path_of_its_module(name: str) -> None:
    kind = getattr(errors, name)
    error = kind(status=400, method="GET", path="/x") if issubclass(kind, ResponseError) else kind("message")
    assert "".join(traceback.format_exception_only(error)).startswith(f"{name}: ")


def test_an_error_response_shows_request_code_message_hint_and_the_request_id_last() -> None:
    error = RejectedError(
        status=400,
        method="POST",
        path="/data/foundation/flowservice/flows",
        code="1362-400",
        message="Interval cannot be less than 15.",
        hint="raise the interval",
        request_id="r-1",
    )
    assert str(error) == (
        "Platform returned 400 1362-400 for POST /data/foundation/flowservice/flows: Interval cannot be less than 15; "
        "raise the interval (request id r-1)"
    )


def test_an_error_response_without_a_message_shows_what_is_known() -> None:
    assert str(NotFoundError(status=404, method="GET", path="/x")) == "Platform returned 404 for GET /x"


def test_a_code_that_equals_the_status_is_shown_once() -> None:
    assert str(ConflictError(status=409, method="PUT", path="/x", code="409")) == "Platform returned 409 for PUT /x"


def test_an_error_names_its_object() -> None:
    assert str(SettingsError("no sandbox").about('dataset "crm"')) == 'dataset "crm": no sandbox'


def test_an_error_keeps_the_first_object_that_it_names() -> None:
    assert str(SettingsError("no sandbox").about('dataset "crm"').about("flow")) == 'dataset "crm": no sandbox'
