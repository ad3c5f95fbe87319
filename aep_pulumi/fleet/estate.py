"""The estate: the stacks of a fleet, and the waves in which they can be deployed. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class FleetStack:
    """A stack of the fleet."""

    name: str
    """Its full name, `organization/project/stack`, which `pulumi --stack` and a StackReference accept."""
    project_folder: Path
    """The folder of its Pulumi.yaml."""
    organization: str
    """Adobe's organisation, `…@AdobeOrg`; "" if neither its config nor the environment sets it."""
    sandbox: str
    """The sandbox that it writes to; "" if neither its config nor the environment sets it."""
    endpoint: str
    """`local`, or Platform's URL."""
    reads: tuple[str, ...]
    """The full names of the stacks whose outputs it reads."""
    objects: int
    """The number of resources in its last state that are objects on Platform."""
    is_new: bool
    """Whether it has no state yet: it exists without resources, or only its settings file does."""

    def reading(self, names: Iterable[str]) -> "FleetStack":
        """The same stack, reading these stacks instead."""
        return replace(self, reads=tuple(sorted(set(names))))

    @property
    def stack(self) -> str:
        """The last part of its name."""
        return self.name.rpartition("/")[2]

    @property
    def project(self) -> str:
        """The name of its project."""
        return self.name.split("/")[-2]

    @property
    def system(self) -> str:
        """Empty for Adobe's Platform, whichever regional address is used; else the endpoint, such as `local`."""
        host = urlsplit(self.endpoint).hostname or ""
        return "" if host.endswith(".adobe.io") else self.endpoint

    @property
    def place(self) -> str:
        """Where it writes: two stacks with the same place must not be deployed at the same time. The name of its lease."""
        return f"sandbox/{self.organization}/{self.sandbox}" + (f"@{self.system}" if self.system else "")


@dataclass(frozen=True)
class Plan:
    """The selected stacks in waves. A stack is in a later wave than all selected stacks that it reads."""

    waves: tuple[tuple[FleetStack, ...], ...]
    problems: tuple[str, ...] = ()
    """Why it must not be run, one sentence each; the waves then lack the stacks of a cycle."""
    notes: tuple[str, ...] = ()
    """What the plan does not know, one sentence each."""
    wave_of: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        of = {each.name: index for index, wave in enumerate(self.waves) for each in wave}
        object.__setattr__(self, "wave_of", of)

    @property
    def stacks(self) -> tuple[FleetStack, ...]:
        """All stacks, in an order in which they can be deployed one after another."""
        return tuple(each for wave in self.waves for each in wave)

    def dependents(self, names: Collection[str]) -> set[str]:
        """Those that read any of these stacks, directly or through others."""
        found: set[str] = set()
        for each in self.stacks:
            if any(read in names or read in found for read in each.reads):
                found.add(each.name)
        return found


def planned(stacks: Iterable[FleetStack], *, existing: Collection[str]) -> Plan:
    """Order the stacks in waves.

    Args:
        stacks: the selected stacks.
        existing: the full names of all stacks of the backend, selected or not.
    """
    chosen = {each.name: each for each in sorted(stacks, key=lambda each: each.name)}
    problems = [*_missing(chosen, existing)]
    waves: list[tuple[FleetStack, ...]] = []
    rest = dict(chosen)
    while rest:
        ready = tuple(each for each in rest.values() if not any(read in rest for read in each.reads))
        if not ready:
            problems += _cycles(rest)
            break
        waves.append(ready)
        for each in ready:
            del rest[each.name]
    return Plan(tuple(waves), tuple(problems))


def _missing(chosen: Mapping[str, FleetStack], existing: Collection[str]) -> Iterator[str]:
    readers: dict[str, list[str]] = {}
    for each in chosen.values():
        for read in each.reads:
            if read not in chosen and read not in existing:
                readers.setdefault(read, []).append(each.name)
    for read, names in readers.items():
        yield (
            f"stack {read} does not exist and is not selected, but {', '.join(names)} "
            f"{'reads' if len(names) == 1 else 'read'} its outputs: select it too, or correct the name"
        )


def _cycles(rest: Mapping[str, FleetStack]) -> Iterator[str]:
    """One sentence per cycle; a stack is named in one only."""
    named: set[str] = set()
    for start in rest:
        path: list[str] = []
        name: str | None = start
        while name is not None and name not in path and name not in named:
            path.append(name)
            name = next((read for read in rest[name].reads if read in rest), None)
        if name in path:
            cycle = path[path.index(name) :]
            yield (
                f"{' reads '.join([*cycle, name])}: none of them can be deployed first: move what they share into another stack"
                if len(cycle) > 1
                else f"{name} reads its own outputs: remove that StackReference"
            )
        named.update(path)
