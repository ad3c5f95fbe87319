"""The pages for users: a test runs each code block, and targets, settings and links exist."""

import re
from pathlib import Path

import pytest

from aep_pulumi.settings import Settings

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "policies/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "samples").glob("*/README.md")),
]
LONGEST_README = 150

RUN_BY = {
    ("README.md", "Try it", "sh"): "tests/engine/test_readme_followed.py",
    ("README.md", "Your own project", "sh"): "tests/engine/test_readme_followed.py",
    ("README.md", "Your own project", "python"): "tests/engine/test_readme_followed.py",
    ("CONTRIBUTING.md", "Set up", "sh"): "below: its make targets exist",
    ("CONTRIBUTING.md", "Test", "sh"): "below: its make targets exist",
    ("environments.md", "A rehearsal", "sh"): "tests/engine/test_environments.py",
    ("environments.md", "Pipelines, and stacks that share a sandbox", "yaml"): "tests/engine/test_environments.py",
    ("ci.md", "CI", "sh"): "tests/engine/test_ci_recipe.py",
    ("ci.md", "Many stacks", "yaml"): "tests/fleet/test_pages.py",
    ("fleet.md", "Many stacks", "sh"): "tests/fleet/test_pages.py",
    ("fleet.md", "Selecting stacks", "yaml"): "tests/fleet/test_pages.py",
    ("fleet.md", "Runs", "sh"): "tests/fleet/test_pages.py",
    ("fleet.md", "Pause and resume", "sh"): "tests/fleet/test_pages.py",
    ("fleet-workers.md", "A fleet on many machines", "sh"): "tests/fleet/test_workers.py",
    ("fleet-workers.md", "By hand", "sh"): "tests/fleet/test_workers.py",
    ("fleet-workers.md", "TLS", "sh"): "tests/fleet/test_workers.py",
    ("fleet-workers.md", "SSH hosts", "sh"): "the page says so: nothing here has SSH hosts",
    ("fleet-workers.md", "Kubernetes", "yaml"): "the page says so: nothing here has a cluster",
    ("operations.md", "Checking a stack", "sh"): "tests/cli/test_doctor.py",
    ("local-platform.md", "Its clock, snapshots and ids", "sh"): "tests/cli/test_clock_command.py",
    ("operations.md", "Running pipelines", "sh"): "tests/engine/test_operations_page.py",
    ("operations.md", "The rows of a dataset", "sh"): "tests/engine/test_operations_page.py",
    ("operations.md", "State and journal on PostgreSQL or S3", "sh"): "tests/engine/test_beside_the_state.py",
    ("ownership.md", "A create whose response was lost", "sh"): "tests/engine/test_two_stacks.py",
    ("performance.md", "Splitting a stack that has grown", "sh"): "tests/engine/test_splitting.py",
    ("import.md", "Import", "sh"): "tests/engine/test_import.py",
    ("import.md", "Secrets", "python"): "tests/engine/test_import.py",
    ("import.md", "Secrets", "sh"): "tests/engine/test_import.py",
    ("import.md", "Large sandboxes", "sh"): "tests/engine/test_import.py",
    ("import.md", "Drift", "sh"): "tests/engine/test_drift.py",
}
"""The test that runs each code block, by page, heading and language. Generated pages have their own tests."""


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """The code blocks of a page: heading, language, text."""
    code, heading = [], ""
    pattern = r"^##? ([^\n]*)$|^```(\w*)\n(.*?)^```$"
    for title, language, text in re.findall(pattern, page.read_text(), re.DOTALL | re.MULTILINE):
        heading = title or heading
        if not title:
            code.append((heading, language, text))
    return code


def test_every_code_block_is_run_by_a_test() -> None:
    shown = {
        (page.name, heading, language)
        for page in PAGES
        if page.name != "reference.md" and page.parent.name not in {"policies", "pipelines-from-a-table"}
        for heading, language, _text in blocks(page)
        if language not in {"text", "mermaid"}
    }
    assert shown == RUN_BY.keys(), "add the test that runs it to RUN_BY"
    named = [ROOT / test for test in RUN_BY.values() if test.startswith("tests/")]
    assert [test for test in named if not test.is_file()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README


def test_the_readmes_program_is_the_templates() -> None:
    (program,) = (text for _heading, language, text in blocks(ROOT / "README.md") if language == "python")
    assert program == (ROOT / "templates" / "crm-pipeline" / "__main__.py").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_setting_and_link_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) | set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)) <= targets
    settings = {field.alias for field in Settings.model_fields.values()}
    assert set(re.findall(r"\baep:([a-z]\w+)", text)) - settings <= {"components"}
    for file in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
        assert (page.parent / file).exists(), file


def test_the_targets_that_make_lists_exist() -> None:
    assert set(re.findall(r'"make ([a-z-]+)', MAKEFILE)) <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_folder_of_the_tree_exists() -> None:
    (tree,) = (text for _heading, language, text in blocks(ROOT / "CONTRIBUTING.md") if language == "text")
    folders = re.findall(r"^([\w/]+/) ", tree, re.MULTILINE)
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
    assert len(folders) > 1
