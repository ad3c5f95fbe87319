"""README: what it shows is run somewhere, and what it names is there."""

import re
from pathlib import Path

from aep_pulumi.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

RUN_BY = {
    ("Two commands", "sh"): "below: its verb is one",
    ("A program", "yaml"): "tests/engine/test_package.py",
    ("A program", "python"): "tests/engine/test_package.py",
    ("A program", "sh"): "tests/engine/test_examples.py",
    ("Environments", "sh"): "tests/engine/test_environments.py",
    ("Environments", "yaml"): "tests/engine/test_environments.py",
    ("Policies", "sh"): "tests/engine/test_examples.py",
    ("In CI", "sh"): "tests/engine/test_ci_recipe.py",
    ("Running pipelines", "sh"): "tests/engine/test_operate.py",
    ("Working on it", "sh"): "below: its verbs are some",
}
"""Which test runs each block of code, by its heading and its language."""


def blocks() -> list[tuple[str, str, str]]:
    """The blocks of code: heading, language, text."""
    found, heading = [], ""
    for title, language, text in re.findall(r"^## ([^\n]*)$|^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE):
        heading = title or heading
        if not title:
            found.append((heading, language, text))
    return found


def test_every_block_of_code_is_run_by_a_test() -> None:
    shown = [(heading, language) for heading, language, _text in blocks() if language]
    assert sorted(shown) == sorted(RUN_BY), "name the test that runs it in RUN_BY"
    named = [ROOT / test for test in RUN_BY.values() if test.startswith("tests/")]
    assert [test for test in named if not test.is_file()] == []


def test_every_verb_is_a_verb_and_the_verbs_that_make_prints_are_there() -> None:
    verbs = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    shown = {
        verb
        for _heading, language, text in blocks()
        if language == "sh"
        for verb in re.findall(r"^make (\w+)", text, re.MULTILINE)
    }
    assert shown | set(re.findall(r"`make (\w+)`", README)) | set(re.findall(r'"make (\w+)', MAKEFILE)) <= verbs


def test_every_setting_and_every_folder_that_it_names_is_there() -> None:
    settings = {field.alias for field in Settings.model_fields.values()}
    assert set(re.findall(r"\baep:(\w+)", README)) <= settings
    (tree,) = (text for heading, _language, text in blocks() if heading == "Where things are")
    folders = re.findall(r"^([\w/]+/) ", tree, re.MULTILINE)
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
    assert len(folders) > 1
