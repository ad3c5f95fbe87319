"""Unexpected: what neither a program nor Platform's documentation explains, as one sentence that says what to do or to report.

Answers are read leniently and what is known to be odd has a sentence of its own. This is for the rest: a stack's state that
somebody has edited by hand, and answers of a form that nobody has foreseen.
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
"""What Python raises where a value is not of the form that the code expects."""


def unexpected(model: type[Inputs], outputs: Iterable[str], state: Values, answer: str, error: Exception) -> UnexpectedError:
    """The sentence for an exception that no code foresees. It repeats no value: that may be a secret.

    Args:
        model: the inputs of the kind.
        outputs: what else the provider keeps in state.
        state: what the stack's state holds of the object; empty where there is no object yet.
        answer: the request that was answered last, with its id, or "" where none was.
        error: what was raised.
    """
    where = f"{type(error).__name__} at {_place(error.__traceback__)}"
    repair = "run `pulumi refresh`; if that fails too, correct it with `pulumi stack export` and `pulumi stack import`"
    if path := _damaged(model, outputs, state):
        return UnexpectedError(
            f"the stack's state holds no valid {path} for it ({where}), perhaps after an edit by hand: {repair}"
        )
    if answer:
        return UnexpectedError(
            f"Platform's answer to {answer} cannot be processed ({where}): report this sentence to this provider's maintainers"
            + (f"; if the stack's state was edited by hand, {repair}" if state else "")
        )
    if state:
        return UnexpectedError(f"the stack's state cannot be processed ({where}), perhaps after an edit by hand: {repair}")
    return UnexpectedError(f"the inputs cannot be processed ({where}): report this sentence to this provider's maintainers")


def is_about_missing(error: AepError, values: Values) -> bool:
    """Whether Platform rejects a request because an object that the inputs refer to does not exist."""
    if not isinstance(error, RejectedError):
        return False
    ids = [value for name, value in values.items() if name.endswith("_id") and isinstance(value, str) and value]
    return bool(_MISSING.search(error.message)) and any(each in error.message for each in ids)


def _damaged(model: type[Inputs], outputs: Iterable[str], state: Values) -> str:
    """The path of the first value in a state that has another form than the provider ever writes, or ""."""
    if not state:
        return ""
    kept = {name: state[name] for name in model.model_fields if name in state}
    try:
        model.model_validate(kept)
    except ValidationError as found:
        # A rule may be younger than the state; a type is not.
        for each in found.errors(include_input=False, include_url=False, include_context=False):
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
    """The innermost line of this package, without the machine's path."""
    place = "?"
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "aep_pulumi" in file.parts:
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
