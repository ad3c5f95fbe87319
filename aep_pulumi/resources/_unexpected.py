"""Unexpected errors, as one sentence that explains what to do or what to report.

Responses are parsed leniently, and known anomalies have messages of their own. This is for the rest: a state that was edited
manually, and responses in an unexpected format.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from aep_pulumi.errors import AepError, RejectedError, UnexpectedError
from aep_pulumi.resources._fields import Inputs, Values

_MISSING = re.compile(r"\b(not exist|not found|no such)\b", re.IGNORECASE)
UNEXPECTED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What Python raises if a value does not have the expected type or structure."""


def unexpected(
    model: type[Inputs], outputs: Iterable[str], state: Values, last_request: str, error: Exception
) -> UnexpectedError:
    """The error for an unexpected exception. The message contains no values, which may be secret.

    Args:
        model: the inputs of the kind.
        outputs: the other properties that the provider keeps in state.
        state: the object's properties in state; empty if there is no object yet.
        last_request: the last request that received a response, with its id; "" if there was none.
        error: the exception.
    """
    where = f"{type(error).__name__} at {_place(error.__traceback__)}"
    repair = "run `pulumi refresh`; if that fails too, correct it with `pulumi stack export` and `pulumi stack import`"
    if path := _damaged(model, outputs, state):
        return UnexpectedError(
            f"the stack's state contains no valid {path} for it ({where}), possibly after a manual edit: {repair}"
        )
    if last_request:
        return UnexpectedError(
            f"Platform's response to {last_request} cannot be processed ({where}): "
            "report this message to the provider's maintainers"
            + (f"; if the stack's state was edited manually, {repair}" if state else "")
        )
    if state:
        return UnexpectedError(f"the stack's state cannot be processed ({where}), possibly after a manual edit: {repair}")
    return UnexpectedError(f"the inputs cannot be processed ({where}): report this message to the provider's maintainers")


def is_about_missing(error: AepError, values: Values) -> bool:
    """Whether Platform rejected a request because an object that the inputs refer to does not exist."""
    if not isinstance(error, RejectedError):
        return False
    ids = [value for name, value in values.items() if name.endswith("_id") and isinstance(value, str) and value]
    return bool(_MISSING.search(error.message)) and any(each in error.message for each in ids)


def _damaged(model: type[Inputs], outputs: Iterable[str], state: Values) -> str:
    """The path of the first value in state whose type or structure the provider never writes, or ""."""
    if not state:
        return ""
    kept = {name: state[name] for name in model.model_fields if name in state}
    try:
        model.model_validate(kept)
    except ValidationError as invalid:
        # Rules may be newer than the state; types are not.
        for each in invalid.errors(include_input=False, include_url=False, include_context=False):
            if each["type"].endswith(("_type", "_parsing")) or each["type"] == "missing":
                return ".".join(map(str, each["loc"]))
    except RecursionError:
        return "inputs"
    return next((name for name in outputs if not _is_output(state.get(name))), "")


def _is_output(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _place(trace: TracebackType | None) -> str:
    """The innermost line of this package in a traceback, without the folder."""
    place = "?"
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "aep_pulumi" in file.parts:
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
