"""Rows: whichever change would lose a dataset's rows, they are kept unless the program or the stack allows the loss."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rows_kept import HEAD, PART, datasets, deploy_with_rows, flows_at_once, project, rows, write
from stacking import Stack, copied

OTHER = 'other = aep.Schema("other-@", title="Other @", class_id=PROFILE, field_groups=[PROFILE + "-personal-details"])\n'
DATASET = 'name="People @", schema_id=person.id)'
UNPROTECTED = 'name="People @", schema_id=person.id, opts=pulumi.ResourceOptions(protect=False))'
ALLOWED = 'name="People @", schema_id=person.id, force_destroy=True)'


def unchanged(part: str) -> str:
    return part


def removed(part: str) -> str:
    return part.partition("people = aep.Dataset")[0]


def renamed(part: str) -> str:
    return part.replace('Dataset("people', 'Dataset("folks')


def replaced_on_changes(part: str) -> str:
    named = part.replace('name="People @"', 'name="People @ of the CRM"')
    if "protect=False" in part:
        return named.replace("protect=False", 'protect=False, replace_on_changes=["name"]')
    return named.replace('CRM", ', 'CRM", opts=pulumi.ResourceOptions(replace_on_changes=["name"]), ')


def another_schema(part: str) -> str:
    return part.replace("people = aep.Dataset", f"{OTHER}people = aep.Dataset").replace(
        "schema_id=person.id", "schema_id=other.id"
    )


REPLACED, TAINTED = "replaced", "tainted"
CHANGES: dict[str, Callable[[str], str]] = {
    "removed": removed,
    "renamed": renamed,
    REPLACED: unchanged,  # with --replace
    "replaced-on-changes": replaced_on_changes,
    TAINTED: unchanged,  # in the state
    "another-schema": another_schema,
}
"""The ways to lose rows, and what each changes in the program, which has a pipeline for each."""

DELETIONS = ("removed", "renamed")
REPLACEMENTS = tuple(name for name in CHANGES if name not in DELETIONS)


def change(stack: Stack, *names: str, dataset: str = DATASET, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Write the program with these changes. Returns the options for them."""
    program = HEAD
    for name, changed in CHANGES.items():
        part = PART.replace(DATASET, ALLOWED if name in allowed else dataset)
        program += (changed(part) if name in names else part).replace("@", name)
    write(stack, program)
    if TAINTED in names:
        stack.pulumi("state", "taint", dataset_urn(stack, TAINTED), "--yes", "--stack", "dev")
    return ("--replace", dataset_urn(stack, REPLACED)) if REPLACED in names else ()


def dataset_urn(stack: Stack, name: str) -> str:
    urns = [str(each["urn"]) for each in stack.export()["deployment"]["resources"]]
    return next(urn for urn in urns if urn.endswith(f":Dataset::people-{name}"))


def never_two_flows(stack: Stack, ids: dict[str, str]) -> None:
    for name in CHANGES:
        assert flows_at_once(stack, f"Leads to people {name}", ids[f"Dataflow leads-{name}"]) == 1, name


@pytest.fixture(scope="module")
def with_rows(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A pipeline for each change, part by part, whose datasets have rows."""
    for stack in project(tmp_path_factory.mktemp("rows"), ""):
        change(stack)
        deploy_with_rows(stack)
        assert len(rows(stack)) == len(CHANGES)
    return stack


@pytest.fixture
def stack(with_rows: Stack, tmp_path: Path) -> Iterator[Stack]:
    """A copy of the deployed stack."""
    yield from copied(with_rows, tmp_path)


def test_a_preview_rejects_each_change_and_nothing_is_done(stack: Stack) -> None:
    before, requests_before = rows(stack), len(stack.requests())
    # The engine reports all deletions that it rejects, but ends with the first replacement.
    for names in (DELETIONS, *((name,) for name in REPLACEMENTS)):
        error_output = stack.preview(*change(stack, *names), fails=True).output
        rejections = error_output.count("To unprotect") + ("its rows are lost" in error_output)
        assert rejections == len(names), (names, error_output)
        assert "Traceback" not in error_output
        if TAINTED in names:
            stack.pulumi("state", "untaint", dataset_urn(stack, TAINTED), "--yes", "--stack", "dev")
    assert [each for each in stack.requests()[requests_before:] if each["method"] != "GET" and "/ims/" not in each["path"]] == []
    for names in (DELETIONS, REPLACEMENTS):
        stack.up(*change(stack, *names), fails=True)
        assert rows(stack) == before, names


def test_without_protection_and_preview_the_rows_are_kept(stack: Stack) -> None:
    change(stack, dataset=UNPROTECTED)
    stack.up()
    before, ids = rows(stack), stack.ids()
    change(stack, "another-schema", dataset=UNPROTECTED)
    error_output = stack.up(fails=True).output
    assert "a change of schema_id would replace it, and its rows are lost" in error_output
    assert "Traceback" not in error_output
    assert rows(stack) == before

    names = [name for name in CHANGES if name != "another-schema"]
    error_output = stack.up("--continue-on-error", *change(stack, *names, dataset=UNPROTECTED), fails=True).output
    for name in names:
        words = f'dataset "People {name}": it contains rows, in '
        (sentence,) = {line.partition(words)[2] for line in error_output.splitlines() if words in line}
        assert "if it was renamed or moved in the program, it needs `aliases` with its old name" in sentence
        assert "force_destroy=True" in sentence
    assert "Traceback" not in error_output
    assert rows(stack) == before
    never_two_flows(stack, ids)


def test_a_loss_that_the_program_or_the_stack_allows_happens(stack: Stack) -> None:
    by_program = ("removed", REPLACED, TAINTED)
    by_stack = tuple(name for name in CHANGES if name not in by_program)
    old, ids = datasets(stack), stack.ids()

    def lost() -> set[str]:
        left = datasets(stack)
        return {name.removeprefix("People ") for dataset_id, name in old.items() if dataset_id not in left}

    change(stack, allowed=by_program)
    assert "unchanged" in stack.up().output
    stack.up(*change(stack, *by_program, allowed=by_program))
    assert lost() == set(by_program)

    change(stack, "removed", allowed=by_program)
    stack.configure({"aep:allowDestructive": "true"})
    assert "unchanged" in stack.up().output
    stack.up(*change(stack, "removed", *by_stack, allowed=by_program))
    assert lost() == set(CHANGES)
    never_two_flows(stack, ids)
