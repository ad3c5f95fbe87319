"""`aep mapping`: try a mapping on rows of the source, before it is deployed."""

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
from rich.text import Text

from aep_pulumi.cli import _terminal
from aep_pulumi.cli._stack import Json, Resource, Stack
from aep_pulumi.client import client_for, data_prep, flow_service
from aep_pulumi.engine_values import STACK_TYPE, UNKNOWN
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import BY_NAME, MAPPING_SET, PIPELINE_TYPE
from aep_pulumi.models.data_prep import MappedRow
from aep_pulumi.resources.mapping_set import MappingSetInputs, MappingSetProvider
from aep_pulumi.review.wording import counted, visible
from aep_pulumi.settings import Settings

_ROWS = 3
_NOTHING = "-"


@dataclass(frozen=True)
class Planned:
    """A mapping as the program defines it, and the source of its rows."""

    mapping_set: Resource
    source: Resource
    body: Json = field(repr=False)
    """The mapping set in Platform's format."""

    @property
    def table(self) -> str:
        """The table's API name."""
        return str(self.source.inputs["table_name"])

    @property
    def columns(self) -> frozenset[str] | None:
        """The columns that the dataflow reads, or None for all."""
        named = self.source.inputs.get("columns")
        return frozenset(str(each["name"]) for each in named) if named else None


@dataclass(frozen=True)
class Row:
    """One row of the source, and the mapped row."""

    before: Mapping[str, object]
    after: Mapping[str, object]
    errors: Mapping[str, str]
    """Why a destination has no value, by destination."""


@click.group(name="mapping")
def command() -> None:
    """Try a mapping on rows of the source, before it is deployed."""


@command.command(name="try")
@click.argument("pipeline")
@click.option("--stack", help="The stack; defaults to the selected one.")
@click.option("--rows", "count", type=click.IntRange(min=1), default=_ROWS, help=f"How many rows; defaults to {_ROWS}.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def attempt(*, pipeline: str, stack: str | None, count: int, as_json: bool) -> None:
    """Show rows of the source table before and after the mapping, side by side. Nothing is deployed or stored.

    PIPELINE is the name of a CrmPipeline, a MappingSet or its Dataflow in the program. The mapping is that of
    the current program, from `pulumi preview`. Platform needs the base connection, to read the table, and the schema, to map to
    its fields; if one is not deployed yet, the command prints how to deploy it alone.

    Exit codes: 0 every value was mapped, 1 error, 2 a value could not be mapped.
    """
    pulumi = Stack(stack)
    platform = client_for(Settings.read(pulumi.config()))
    planned = planned_mapping(pulumi.planned(), pipeline)
    sampled = flow_service.sample(platform, str(planned.source.inputs["base_connection_id"]), planned.table)
    read = [_as_read(row, planned.columns) for row in sampled[:count]]
    if not read:
        raise AepError(f'table "{planned.table}" returned no rows, so there is nothing to try the mapping on')
    mapped = data_prep.mapped(platform, planned.body, read)
    if len(mapped) != len(read):
        raise AepError(f"Platform mapped {len(mapped)} rows of {len(read)}, and its response does not show which")
    rows = [_row(before, MappedRow.read(result)) for before, result in zip(read, mapped, strict=True)]
    if as_json:
        click.echo(json.dumps(_document(planned, rows), indent=2))
    else:
        _print(planned, rows)
    sys.exit(2 if any(row.errors for row in rows) else 0)


# --- which mapping ------------------------------------------------------------------------------------------------------


def planned_mapping(resources: Sequence[Resource], name: str) -> Planned:
    """Find a mapping by name among the resources of a preview.

    Raises:
        AepError: none matches, or several, or something that it needs is not deployed.
    """
    by_urn = {each.urn: each for each in resources}
    dataflows = [each for each in resources if each.is_scheduled]
    matching = {each.urn: each for each in _matching(resources, by_urn, name)}
    if not matching:
        names = sorted({each.name for each in resources if each.type == PIPELINE_TYPE or each.kind == MAPPING_SET})
        raise AepError(f'the program has no pipeline and no mapping set "{name}": it has {", ".join(names) or "none"}')
    if len(matching) > 1:
        raise AepError(f'"{name}" is the name of {len(matching)} mappings: {", ".join(matching)}: name one by its mapping set')
    (mapping_set,) = matching.values()
    using = [each for each in dataflows if mapping_set.urn in each.dependencies.get("mapping_set_id", ())]
    sources = {urn: by_urn[urn] for each in using for urn in each.dependencies.get("source_connection_id", ()) if urn in by_urn}
    if len(sources) != 1:
        raise AepError(
            f'mapping set "{mapping_set.name}" is used by {counted(len(using), "dataflow")} with '
            f"{counted(len(sources), 'source connection')} of the program: it can be tried only if there is exactly one"
        )
    (source,) = sources.values()
    if not source.inputs.get("table_name"):
        raise AepError(f'source connection "{source.name}" reads files: a mapping is tried on the rows of a table')
    _reject_undeployed(by_urn, source, mapping_set)
    if UNKNOWN in json.dumps([mapping_set.inputs, source.inputs.get("table_name"), source.inputs.get("columns")]):
        raise AepError(
            f'a part of mapping set "{mapping_set.name}" is known only once something else is deployed: `pulumi up` first'
        )
    inputs = {name: value for name, value in mapping_set.inputs.items() if name in MappingSetInputs.model_fields}
    desired, problems = MappingSetInputs.read(inputs)
    if desired is None:
        raise AepError(f'mapping set "{mapping_set.name}": {problems[0].path} {problems[0].reason}')
    return Planned(mapping_set, source, MappingSetProvider().to_wire(desired, {}))


def _matching(resources: Sequence[Resource], by_urn: Mapping[str, Resource], name: str) -> Iterator[Resource]:
    for each in resources:
        owner = by_urn.get(each.parent)
        in_pipeline = owner is not None and owner.type == PIPELINE_TYPE and owner.name == name
        if each.kind == MAPPING_SET and each.name == name:
            yield each
        elif each.is_scheduled and (each.name == name or in_pipeline):
            yield from (by_urn[urn] for urn in each.dependencies.get("mapping_set_id", ()) if urn in by_urn)


def _reject_undeployed(by_urn: Mapping[str, Resource], source: Resource, mapping_set: Resource) -> None:
    """Raise an error that names what must be deployed first, and how."""
    missing = [
        (BY_NAME[by_urn[urn].kind].noun, by_urn[urn])
        for resource, name in ((source, "base_connection_id"), (mapping_set, "schema_id"))
        if resource.inputs.get(name) == UNKNOWN
        for urn in resource.dependencies.get(name, ())
        if urn in by_urn and by_urn[urn].kind in BY_NAME
    ]
    if UNKNOWN in {source.inputs.get("base_connection_id"), mapping_set.inputs.get("schema_id")} and not missing:
        raise AepError("the id of the base connection or the schema is not known yet: deploy its source first")
    if not missing:
        return
    subjects = " and ".join(f'{what} "{resource.name}"' for what, resource in missing)
    targets: dict[str, None] = {}
    for _what, resource in missing:
        _needed(by_urn, resource, targets)
    words = " ".join(f"--target {shlex.quote(urn)}" for urn in targets)
    raise AepError(
        f"{subjects} must be deployed before the mapping can be tried: `pulumi up {words}` deploys only what is needed"
    )


def _needed(by_urn: Mapping[str, Resource], resource: Resource, targets: dict[str, None]) -> None:
    """Collect the targets of `pulumi up --target` for a resource: its parent and its dependencies first."""
    for urn in (resource.parent, *resource.depends_on):
        above = by_urn.get(urn)
        if above is not None and above.type != STACK_TYPE and urn not in targets:
            _needed(by_urn, above, targets)
    targets[resource.urn] = None


# --- mapped rows -------------------------------------------------------------------------------------------------------


def _as_read(row: Mapping[str, object], columns: frozenset[str] | None) -> Mapping[str, object]:
    return {name: value for name, value in row.items() if columns is None or name in columns}


def _row(before: Mapping[str, object], mapped: MappedRow) -> Row:
    errors = {each.destination or "": each.exception or "Platform reports no reason" for each in mapped.errors or ()}
    return Row(before, mapped.data or {}, errors)


def _document(planned: Planned, rows: Sequence[Row]) -> Json:
    return {
        "mapping_set": planned.mapping_set.name,
        "table": planned.table,
        "schema_id": planned.mapping_set.inputs["schema_id"],
        "row_filter_applied": False if planned.source.inputs.get("row_filter") else None,
        "rows": [
            {
                "before": row.before,
                "after": row.after,
                "errors": [{"destination": destination, "words": words} for destination, words in row.errors.items()],
            }
            for row in rows
        ],
    }


def _print(planned: Planned, rows: Sequence[Row]) -> None:
    console = _terminal.console()
    heading = f"{planned.mapping_set.name}: {counted(len(rows), 'row')} of table {planned.table}, as the program maps them now"
    console.print(_terminal.words(heading, "bold"))
    if planned.source.inputs.get("row_filter"):
        console.print(Text("The row filter is not applied here: the dataflow may skip some of these rows."))
    for number, row in enumerate(rows, 1):
        console.print()
        columns = (f"Row {number}", "Before", "Destination", "After")
        console.print(_terminal.table(columns, _side_by_side(planned, row)))
        for destination, words in row.errors.items():
            console.print(_terminal.words(f"{destination}: {words}", "red"))


def _side_by_side(planned: Planned, row: Row) -> Iterator[tuple[str, str, str, str]]:
    """Each mapping with its source and destination values, then the unmapped columns."""
    taken: set[str] = set()
    for mapping in planned.body["mappings"]:
        source, destination = str(mapping["source"]), str(mapping["destination"])
        columns = _columns(mapping, row)
        taken |= set(columns)
        if mapping["sourceType"] == "ATTRIBUTE":
            before = _shown(row.before.get(source)) if source in row.before else _NOTHING
        else:
            before = ", ".join(f"{name} = {_shown(row.before[name])}" for name in columns)
        after = "could not be mapped" if destination in row.errors else _shown(_value_at(row.after, destination))
        yield source, before, destination, after
    for name, value in row.before.items():
        if name not in taken:
            yield name, _shown(value), "not mapped", ""


def _columns(mapping: Mapping[str, Any], row: Row) -> list[str]:
    """The columns that a mapping reads; for an expression, those whose names occur in it."""
    source = str(mapping["source"])
    if mapping["sourceType"] == "ATTRIBUTE":
        return [name for name in row.before if name == source]
    if mapping["sourceType"] == "STATIC":
        return []
    return [name for name in row.before if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source)]


def _value_at(after: object, destination: str) -> object:
    for step in re.split(r"(?<!\\)\.", destination):
        if not isinstance(after, Mapping):
            return None
        after = after.get(step.replace("\\.", "."))
    return after


def _shown(value: object) -> str:
    if value is None:
        return _NOTHING
    return visible(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
