"""Reads and validates the rows of `pipelines.yaml`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pulumi import RunError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import aep_pulumi as aep
from aep_pulumi.kinds import FREQUENCIES, did_you_mean
from aep_pulumi.resources.dataflow import Frequency

Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Schedule(_Strict):
    """When a pipeline runs."""

    frequency: Frequency
    interval: Annotated[int, Field(ge=1)] | None = None
    backfill: bool | None = None
    """Whether the first run reads the existing rows. Defaults to true on Platform."""

    def arguments(self) -> aep.ScheduleArgs:
        """The schedule of a dataflow."""
        arguments: aep.ScheduleArgs = {"frequency": self.frequency}
        if self.interval is not None:
            arguments["interval"] = self.interval
        if self.backfill is not None:
            arguments["backfill"] = self.backfill
        return arguments


class Row(_Strict):
    """A pipeline: one table of the CRM into one dataset."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
    """The name of the pipeline, in lower case with hyphens; unique."""
    table: Text
    """The table's API name in the CRM."""
    columns: Annotated[list[Text], Field(min_length=1)]
    """The columns to read."""
    mapping: Annotated[dict[Text, Text], Field(min_length=1)]
    """The field of the schema for each column."""
    schedule: Schedule
    """When it runs."""


def rows_of(file: Path) -> list[Row]:
    """The rows of the file.

    Raises:
        RunError: the file or a row is invalid; all problems at once, one sentence each, with the row and the field.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, list):
        raise RunError(f"{file.name} must be a list of rows, each with {', '.join(Row.model_fields)}")
    rows: list[Row] = []
    problems: list[str] = []
    for place, values in enumerate(content, start=1):
        name = values.get("name") if isinstance(values, Mapping) else None
        row = name if isinstance(name, str) and name else f"row {place}"
        try:
            rows.append(Row.model_validate(values))
        except ValidationError as error:
            problems += [f"{row}: {_sentence(problem)}" for problem in error.errors()]
        else:
            problems += [f"{row}: {problem}" for problem in _contradictions(rows[-1])]
    names = Counter(values["name"] for values in content if isinstance(values, Mapping) and isinstance(values.get("name"), str))
    problems += [f"{name}: name must be unique, and {count} rows have it" for name, count in names.items() if count > 1]
    if problems:
        raise RunError("\n".join(f"{file.name}: {problem}" for problem in problems))
    return rows


def _sentence(problem: Mapping[str, Any]) -> str:
    """A validation error of pydantic, with the path of the field."""
    path = ".".join(str(step) for step in problem["loc"] if step != "[key]")
    if problem["type"] == "missing":
        return f"{path} is required"
    if problem["type"] == "extra_forbidden":
        fields = Schedule.model_fields if path.startswith("schedule.") else Row.model_fields
        *_, last = path.split(".")
        names = ", ".join(fields)
        return f"{path} is not a valid field: {did_you_mean(last, fields, f'there are {names}')}"
    plain = {
        "model_type": f"must be a map of {', '.join(Row.model_fields)}",
        "string_pattern_mismatch": "must be lower-case letters, digits and hyphens",
        "string_too_short": "must not be empty",
        "too_short": "must not be empty",
    }
    return f"{path} {plain.get(problem['type']) or str(problem['msg']).replace('Input should', 'must')}".strip()


def _contradictions(row: Row) -> Iterator[str]:
    """Problems between fields that are valid by themselves."""
    frequency, interval = row.schedule.frequency, row.schedule.interval
    least = FREQUENCIES[frequency].least_interval
    if not least and (interval is not None or row.schedule.backfill is not None):
        yield f"schedule.interval and schedule.backfill must not be set with frequency {frequency}"
    elif least and (interval is None or interval < least):
        yield f"schedule.interval must be {least} or more with frequency {frequency}"
    for column in row.mapping:
        if column not in row.columns:
            remedy = did_you_mean(column, row.columns, "add it to columns")
            yield f"mapping.{column} is not one of the columns: {remedy}"
