"""Schedules: validation of `scheduleParams`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.calls import whole_number
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.json_schema import compiled
from aep_pulumi.emulator.flow_service import errors
from aep_pulumi.emulator.flow_service.specs import SCHEDULE

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

Json = dict[str, Any]

# As seconds, this is the year 5138; as milliseconds, 1973.
FIRST_MILLISECOND = 100_000_000_000


@cache
def _compiled() -> Draft7Validator:
    return compiled(SCHEDULE)


def normalized(schedule: Json) -> Json:
    """A schedule converted to the types of its spec; samples send strings, which Platform returns unchanged."""
    result = dict(schedule)
    for name in ("startTime", "endTime", "interval"):
        if isinstance(result.get(name), str) and (number := whole_number(result[name])) is not None:
            result[name] = number
    if result.get("backfill") in ("true", "false"):
        result["backfill"] = result["backfill"] == "true"
    return result


def has_started(schedule: Json) -> bool:
    """True if the start time has passed; parts of the schedule are then immutable."""
    return bool(normalized(schedule)["startTime"] <= clock.now())


def check_start(schedule: Json) -> None:
    """Reject a start time in the past; the current second is accepted."""
    start = normalized(schedule)["startTime"]
    if start < int(clock.now()):
        raise errors.coded("1360-400")
    if start >= FIRST_MILLISECOND:
        # inferred: OpenAPI specifies seconds, and the start would be thousands of years ahead
        raise errors.uncoded("The field scheduleParams.startTime is not valid: it must be in seconds, not milliseconds.")


def check(schedule: Json) -> None:
    """Reject an invalid schedule."""
    violations = sorted(_errors(normalized(schedule)), key=lambda each: each[0])
    if violations:
        raise violations[0][1]


def _errors(schedule: Json) -> Iterator[tuple[int, PlatformError]]:
    """The violations of the flow spec's JSON Schema as ranked Flow Service errors; frequency errors rank first."""
    for violation in _compiled().iter_errors(schedule):
        yield (0 if "frequency" in violation.absolute_path else 1), _error(violation, schedule)


def _error(violation: ValidationError, schedule: Json) -> PlatformError:
    expected: Any = violation.validator_value
    field = violation.absolute_path[0] if violation.absolute_path else None
    match violation.validator, field:
        case "required", _:
            missing = next(name for name in expected if name not in schedule)
            return errors.coded("1304-400", field=f"scheduleParams.{missing}")
        case "not", _:
            code = {"interval": "1361-400", "backfill": "1364-400"}[expected["required"][0]]
            return errors.coded(code)
        case "minimum", "interval":
            return errors.coded("1362-400", minimum=expected)
        case _, "frequency":
            return errors.coded("1397-400", frequency=schedule["frequency"])
        case _, "interval":
            return errors.coded("1363-400", interval=schedule["interval"], frequency=schedule.get("frequency"))
        case _:
            return errors.uncoded(f"The field scheduleParams.{field} is not valid.")  # inferred
