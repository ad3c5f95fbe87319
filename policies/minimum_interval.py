"""Rule `minimum-interval`: a dataflow does not run more often than the team allows."""

from collections.abc import Mapping

from known import known
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

DATAFLOW = "pulumi-python:dynamic/aep:Dataflow"

PLATFORM_MINIMUM = 15
"""Platform's own limit for `minute`, the default here."""


def why_too_often(schedule: object, minimum: int = PLATFORM_MINIMUM, *, every_frequency: bool = False) -> str | None:
    """Why a schedule is refused, or None where it is fine or not known yet.

    Args:
        schedule: a dataflow's `schedule`: `{"frequency": "minute", "interval": 30}`.
        minimum: the smallest interval.
        every_frequency: whether the minimum holds for every frequency but `once`, as in the table of Adobe's tutorial, or
            for `minute` alone, as on Platform.
    """
    if not isinstance(schedule, Mapping):
        return None
    frequency, interval = schedule.get("frequency"), schedule.get("interval")
    if not isinstance(frequency, str) or not isinstance(interval, int | float) or isinstance(interval, bool):
        return None
    bound = frequency == "minute" or (every_frequency and frequency in {"hour", "day", "week"})
    if not bound or interval >= minimum:
        return None
    return (
        f"schedule.interval is {interval:g} with frequency {frequency}, below the minimum of {minimum}: "
        f"set it to {minimum} or more, or lower `minimum` in the policy pack's settings"
    )


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != DATAFLOW:
        return
    settings = args.get_config()
    reason = why_too_often(
        known(args.props).get("schedule"),
        minimum=int(settings["minimum"]),
        every_frequency=bool(settings["everyFrequency"]),
    )
    if reason is not None:
        report_violation(f'dataflow "{args.name}": {reason}', None)


MINIMUM_INTERVAL = ResourceValidationPolicy(
    name="minimum-interval",
    description="A dataflow does not run more often than the team allows.",
    validate=_validate,
    enforcement_level=EnforcementLevel.MANDATORY,
    config_schema=PolicyConfigSchema(
        properties={
            "minimum": {
                "type": "integer",
                "minimum": 1,
                "default": PLATFORM_MINIMUM,
                "description": "The smallest interval.",
            },
            "everyFrequency": {
                "type": "boolean",
                "default": False,
                "description": "Whether it holds for every frequency but `once`, or for `minute` alone.",
            },
        },
    ),
)
