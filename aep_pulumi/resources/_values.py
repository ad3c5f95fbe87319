"""Values: converts what a program passes to values that the engine supports, and marks the others for `check` to report.

The engine's SDK fails with a traceback on a value of an unknown type, and silently rounds large numbers. So the constructor
only passes plain values: values with an unambiguous meaning are converted, and any other is replaced by the reason for its
rejection, which `check` reports at its exact path, together with all other errors.
"""

import dataclasses
import enum
import inspect
import math
import numbers
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import pulumi
from pulumi import Output
from pulumi.output import UNKNOWN, Unknown

from aep_pulumi.resources import _keep
from aep_pulumi.resources._carried import is_exact
from aep_pulumi.resources._fields import REASON, Inputs, Problem, Values, marked
from aep_pulumi.resources._marks import CHECK_ONLY, FREE_JSON, TIME
from aep_pulumi.resources._references import Existing

DEEPEST = 100
"""The maximum nesting of a value, in levels of lists and mappings."""
IMPORT = "opts.import_"
"""An internal input that the constructor adds if the program sets this option: the reason for its rejection."""
LARGEST = 2**53
"""The largest integer that the engine represents exactly: all its numbers are doubles."""

_MOST_DIGITS = 400


M = TypeVar("M", bound=Inputs)


class Expected(enum.Enum):
    """The type of value that is expected at a path."""

    VALUE = enum.auto()
    TIME = enum.auto()
    """A time in epoch seconds."""
    JSON = enum.auto()
    """Free JSON, which is serialized to text if a double would round a number in it."""


Expects: TypeAlias = Callable[[str], Expected]


class _TooDeepError(Exception):
    """A value is nested too deeply."""


def plain(model: type[Inputs], given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a program's inputs to values that the engine supports."""
    times = marked(model, TIME)
    free_json = marked(model, FREE_JSON)

    def expects(path: str) -> Expected:
        if path in times:
            return Expected.TIME
        return Expected.JSON if re.split(r"[.\[]", path, maxsplit=1)[0] in free_json else Expected.VALUE

    return {name: _convert(value, name, expects) for name, value in given.items()}


def rejections(values: Values, *, checked_elsewhere: AbstractSet[str] = frozenset()) -> tuple[Values, list[Problem]]:
    """The values, with each rejected one replaced by an unknown, so that the others are still validated; and the errors.

    Args:
        values: the properties that the constructor prepared.
        checked_elsewhere: inputs copied from another resource, which reports errors in them itself.
    """
    problems: list[Problem] = []

    def replaced(value: Any, path: str) -> Any:  # noqa: ANN401 - any value
        if isinstance(value, Mapping):
            if isinstance(value.get(REASON), str):
                problems.append(Problem(path, value[REASON]))
                return UNKNOWN
            return {name: replaced(item, f"{path}.{name}") for name, item in value.items()}
        if isinstance(value, list):
            return [replaced(item, f"{path}[{at}]") for at, item in enumerate(value)]
        return value

    replaced_all = {name: replaced(value, name) for name, value in values.items()}
    return replaced_all, [each for each in problems if each.path.partition(".")[0] not in checked_elsewhere]


def validated(model: type[M], values: Values, misplaced: Iterable[Sequence[str]]) -> tuple[M | None, list[Problem]]:
    """Validate the properties that the constructor prepared.

    Args:
        model: the inputs of the kind.
        values: the properties.
        misplaced: for each resource where none is accepted, the input, its path in the program, and the reason.

    Returns:
        The inputs, or None if they are invalid; and all errors, each once.
    """
    known, problems = rejections(values, checked_elsewhere=marked(model, CHECK_ONLY))
    known.pop(IMPORT, None)
    wrong_places = {name: Problem(path, reason) for name, path, reason in misplaced}
    valid, others = model.read(known)
    others += _keep.misplaced(model, known)
    return valid, [*problems, *wrong_places.values(), *(each for each in others if each.path not in wrong_places)]


def rejected(reason: str) -> dict[str, str]:
    """The replacement of a rejected value."""
    return {REASON: reason}


def _convert(value: Any, path: str, expects: Expects) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, Output):
        return value.apply(lambda known: _convert(known, path, expects))
    if inspect.isawaitable(value):
        return _convert(Output.from_input(value), path, expects)
    try:
        return _converted(value, path, expects, ())
    except _TooDeepError:
        return rejected(f"is nested deeper than {DEEPEST} levels")


def _converted(value: Any, path: str, expects: Expects, ancestors: tuple[int, ...]) -> Any:  # noqa: ANN401 - any value
    if value is None or isinstance(value, bool | Unknown | pulumi.Resource | Existing):
        return value
    if isinstance(value, Output) or inspect.isawaitable(value):
        return _convert(value, path, expects)
    value = value.value if isinstance(value, enum.Enum) else value
    for types, convert in _SCALARS:
        if isinstance(value, types):
            return convert(value, expects(path))
    return _composed(value, path, expects, ancestors)


def _composed(value: Any, path: str, expects: Expects, ancestors: tuple[int, ...]) -> Any:  # noqa: ANN401 - any value
    if id(value) in ancestors:
        return rejected("contains itself")
    if len(ancestors) >= DEEPEST:
        raise _TooDeepError
    parts = _parts(value)
    if isinstance(parts, Mapping):
        return _mapping(parts, path, expects, (*ancestors, id(value)))
    if isinstance(parts, list):
        return [_converted(item, f"{path}[]", expects, (*ancestors, id(value))) for item in parts]
    return rejected(_reason(value))


def _parts(value: object) -> object:
    """The elements of a composite value, as a mapping or a list; any other value unchanged."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Inputs):
        return {name: getattr(value, name) for name in value.model_fields_set}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return list(value) if isinstance(value, list | tuple) else value


def _mapping(parts: Mapping[Any, Any], path: str, expects: Expects, ancestors: tuple[int, ...]) -> Any:  # noqa: ANN401 - any value
    converted: dict[str, Any] = {}
    for key, item in parts.items():
        if isinstance(key, enum.Enum) and isinstance(key.value, str):
            key = key.value  # noqa: PLW2901 - the enum's value
        if not isinstance(key, str):
            return rejected(f"has a key of type {type(key).__name__}, but keys must be strings")
        if isinstance(_text(key, Expected.VALUE), dict):
            return rejected("has a key with an unpaired surrogate, which is not a valid character")
        converted[str(key)] = _converted(item, f"{path}.{key}", expects, ancestors)
    return converted


def _text(value: str, _expected: Expected) -> Any:  # noqa: ANN401 - one of _SCALARS
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return rejected(
            f"contains an unpaired surrogate at character {error.start + 1}, which is not a valid character: remove it"
        )
    return value


def _number(value: Any, expected: Expected) -> Any:  # noqa: ANN401 - one of _SCALARS
    exact = _as_int_or_float(value)
    if exact is None and not isinstance(value, numbers.Real | Decimal):
        return rejected(_reason(value))
    if exact is None:
        return rejected(f"is a {type(value).__name__} that a double cannot represent exactly: round it, or use a string")
    if isinstance(exact, int) and expected is not Expected.JSON and not is_exact(exact):
        # The number itself may be a secret.
        return rejected(
            f"is an integer that Pulumi would round: its numbers are doubles, exact up to 2**53 ({LARGEST}); use a "
            "smaller number, or a string if the input accepts one"
        )
    if isinstance(exact, float) and not math.isfinite(exact):
        return rejected(f"is {exact}, but must be a finite number")
    return exact


def _as_int_or_float(value: Any) -> int | float | None:  # noqa: ANN401 - any number
    """A number as int or float; None if neither represents it exactly."""
    try:
        if isinstance(value, Decimal):
            return _of_decimal(value)
        if isinstance(value, int | float):
            return value
        if isinstance(value, numbers.Integral):
            return int(value)
        return float(value) if isinstance(value, numbers.Real) and float(value) == value else None
    except (ArithmeticError, TypeError, ValueError):
        return None


def _of_decimal(value: Decimal) -> int | float | None:
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        return float(value)
    if value == value.to_integral_value():
        return int(value)
    # Compare the decimal notation: 0.1 is accepted, although no float is exactly a tenth.
    return float(value) if Decimal(repr(float(value))) == value else None


def _time(value: date, expected: Expected) -> Any:  # noqa: ANN401 - one of _SCALARS
    if expected is not Expected.TIME or not isinstance(value, datetime):
        return rejected(_reason(value))
    if value.tzinfo is None:
        return rejected("is a datetime without a time zone: set one, such as datetime(…, tzinfo=UTC)")
    try:
        return int(value.timestamp())
    except (OverflowError, ValueError):
        return rejected("is a datetime that cannot be converted to epoch seconds")


_SCALARS: tuple[tuple[type, Callable[[Any, Expected], Any]], ...] = (
    (bool, lambda value, _expected: value),
    (str, _text),
    (numbers.Number, _number),
    (date, _time),
)
"""How scalar values are converted, given what is expected at their path."""
_ALTERNATIVES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((set, frozenset), "which has no order: use a list, such as sorted(…)"),
    ((bytes, bytearray, memoryview), "use a string, such as ….decode()"),
    ((datetime,), "use a string, such as ….isoformat()"),
    ((date,), "use a string, such as ….isoformat()"),
    ((timedelta,), "use a number, such as ….total_seconds()"),
    ((Iterator,), "which can only be read once: use a list, such as list(…)"),
)


def _reason(value: object) -> str:
    """Why a value is rejected. The message does not contain the value, which may be secret."""
    name = type(value).__name__
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return f"is of type {name}, which is not a value: use what it returns"
    alternative = next(
        (words for types, words in _ALTERNATIVES if isinstance(value, types)), "use a string, a number, a list or a dict"
    )
    return f"is of type {name}{', ' if alternative.startswith('which') else ': '}{alternative}"
