"""Pictures: a plan as a Mermaid diagram and as matrices for CI. Pure."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.estate import FleetStack, Plan

_MOST = 60
"""Up to so many stacks, each has its own node; beyond, those that read and are read by the same are one."""
_JOBS = 256
"""The most jobs of a matrix of GitHub Actions."""
_Group: TypeAlias = tuple[FleetStack, ...]


def mermaid(plan: Plan) -> str:
    """The estate: a box for each sandbox, and an arrow from each stack to those that read its outputs."""
    lines = ["flowchart LR"]
    groups = list(_groups(plan))
    ids = {each.name: f"s{index}" for index, group in enumerate(groups) for each in group}
    places = dict.fromkeys(group[0].place for group in groups)
    for number, place in enumerate(places):
        inside = [group for group in groups if group[0].place == place]
        first = inside[0][0]
        lines.append(f'  subgraph p{number}["{_plain(first.sandbox or "sandbox not known")}<br>{_plain(first.organization)}"]')
        lines += [f'    {ids[group[0].name]}["{_label(group)}"]' for group in inside]
        lines.append("  end")
    outside = dict.fromkeys(read for each in plan.stacks for read in each.reads if read not in ids)
    for number, name in enumerate(outside):
        lines.append(f'  o{number}(["{_plain(name)}"])')
        ids[name] = f"o{number}"
    arrows = dict.fromkeys((ids[read], ids[each.name]) for each in plan.stacks for read in each.reads)
    lines += [f"  {start} --> {end}" for start, end in arrows if start != end]
    return "\n".join(lines) + "\n"


def matrices(plan: Plan) -> list[dict[str, Any]]:
    """A matrix of GitHub Actions for each wave. A job has all stacks of a sandbox: two jobs would be two writers.

    Raises:
        SettingsError: a wave has more sandboxes than a matrix has jobs.
    """
    waves = []
    for number, wave in enumerate(plan.waves, 1):
        jobs: dict[str, dict[str, Any]] = {}
        for each in wave:
            job = jobs.setdefault(
                each.place,
                {
                    "name": f"{each.sandbox or 'sandbox not known'}, wave {number}",
                    "organization": each.organization,
                    "sandbox": each.sandbox,
                    "place": each.place,
                    "stacks": "",
                },
            )
            job["stacks"] = f"{job['stacks']} {each.name}".strip()
        if len(jobs) > _JOBS:
            raise SettingsError(
                f"wave {number} has {len(jobs)} sandboxes, and a matrix of GitHub Actions at most {_JOBS} jobs: select fewer, or "
                "run `aep fleet up` in one job"
            )
        waves.append({"include": list(jobs.values())})
    return waves


def _groups(plan: Plan) -> Iterator[_Group]:
    stacks = plan.stacks
    if len(stacks) <= _MOST:
        yield from ((each,) for each in stacks)
        return
    readers: dict[str, set[str]] = {}
    for each in stacks:
        for read in each.reads:
            readers.setdefault(read, set()).add(each.name)
    alike: dict[object, list[FleetStack]] = {}
    for each in stacks:
        alike.setdefault((each.place, each.reads, frozenset(readers.get(each.name, ()))), []).append(each)
    yield from map(tuple, alike.values())


def _label(group: _Group) -> str:
    first = group[0]
    if len(group) > 1:
        return f"{len(group)} stacks<br>{_plain(first.stack)} … {_plain(group[-1].stack)}"
    return f"{_plain(first.stack)}<br>{'new' if first.is_new else f'{first.objects} objects'}"


def _plain(text: str) -> str:
    """A name as Mermaid shows it as it is."""
    return "".join(char if char.isalnum() or char in " -_./@" else f"#{ord(char)};" for char in text)
