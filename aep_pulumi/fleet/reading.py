"""Reading: which stacks' outputs a stack reads. Pure."""

from collections.abc import Iterator, Mapping

from aep_pulumi.fleet.states import StateFacts, stack_names_in


def full_name(reference: str, reader: str) -> str:
    """The full name of a stack that a program refers to, as the engine completes it with those of the reading stack."""
    organization, project, _stack = reader.split("/")
    match reference.split("/"):
        case [stack]:
            return f"{organization}/{project}/{stack}"
        case [owner, stack]:
            return f"{owner}/{project}/{stack}"
    return reference


def reads_of(name: str, facts: StateFacts, config: Mapping[str, str], projects: frozenset[str]) -> tuple[str, ...]:
    """The full names of the stacks whose outputs a stack reads, as far as its last state and its config show.

    Every StackReference of the last state counts, unless its name came from a config value that has changed since. So does every
    config value that is the name of a stack: one that is known, or that would be in a project that is known.

    Args:
        name: the full name of the stack.
        facts: its last state.
        config: its config.
        projects: the projects of all stacks, as organization/project.
    """
    now = set(_named(config))
    before = set(_named(facts.config))
    outdated = before - now if config else set()
    in_config = [each for each in now if each.rpartition("/")[0] in projects]
    references = [full_name(each, name) for each in facts.references if each not in outdated]
    # A config value may name the stack itself; a StackReference to itself is an error that the plan reports.
    return tuple(sorted({*references, *(each for each in in_config if each != name)}))


def _named(config: Mapping[str, str]) -> Iterator[str]:
    for key, value in config.items():
        if not key.startswith("aep:"):
            yield from stack_names_in(value)
