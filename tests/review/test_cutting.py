"""A review for a comment: short enough, whole in itself, and it says what it leaves out."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from recordings import EVENTS, NAMES, reviewed

from aep_pulumi.cli import review as cli
from aep_pulumi.errors import AepError
from aep_pulumi.review import Review, ReviewOutcome, machine, markdown
from aep_pulumi.review.parts import Change, Effect, Is, Op, Setting, Shown, Step, Violation, Weight
from aep_pulumi.review.reviewing import all_steps
from aep_pulumi.review.wording import text

LIMIT = 60_000
VALUE = Shown(Is.VALUE, "a value of some length, as people's descriptions are")
STEP = re.compile(r"^\*\*\S .*: (created|changed|replaced|deleted|other)\*\*$", re.MULTILINE)
CUT = re.compile(
    r"^> \*\*Cut to \d+ characters\.\*\* (?:Left out: (?P<gone>.*)|Long messages are shortened)\. Elsewhere\.$", re.MULTILINE
)


def step(at: int, *, fields: int = 9, weight: Weight = Weight.NOTES) -> Step:
    changes = tuple(Change(f"field_{number}", Shown(Is.ABSENT), VALUE) for number in range(fields))
    effects = (Effect(weight, text("Something of {} is told.", f"dataset-{at}")),)
    return Step(Op.CREATE, "create", "Dataset", "dataset", f"urn:{at}", f"dataset-{at}", f"Dataset {at}", changes, effects)


def review(**parts: object) -> Review:
    verdict = text("Changes. 300 created, 0 unchanged.")
    return Review(ReviewOutcome.CHANGES, verdict, "aep", "dev", **{"packs": ("aep",), **parts})  # type: ignore[arg-type]


def cut(written: Review, longest: int = LIMIT) -> tuple[str, dict[str, int]]:
    """The cut text, checked, and what it says is left out."""
    text = markdown.render(written, longest=longest, whole=("Elsewhere.",))
    assert len(text) <= longest
    assert_closed(text)
    found = CUT.search(text)
    told = re.findall(r"(\d+) ([a-z ]+?)(?:,| and|$)", found["gone"] or "") if found else []
    return text, {noun.removesuffix("s"): int(count) for count, noun in told}


def assert_closed(text: str) -> None:
    """No table, fence or fold is left open, and nothing is cut inside a line."""
    assert text.count("<details>") == text.count("</details>")
    tokens = MarkdownIt("commonmark").enable("table").parse(text + "\nWhat follows.\n")
    assert [token.type for token in tokens[-3:]] == ["paragraph_open", "inline", "paragraph_close"]
    assert tokens[-2].content == "What follows."
    assert tokens[-3].level == 0
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert [row for row in rows if not row.endswith(" |")] == []


def test_a_short_review_is_as_it_was() -> None:
    for name in NAMES:
        whole = markdown.render(reviewed(name))
        assert markdown.render(reviewed(name), longest=len(whole), whole=("Elsewhere.",)) == whole


def test_of_300_created_resources_every_one_is_named_or_counted() -> None:
    written = review(others=tuple(step(at) for at in range(300)))
    assert len(markdown.render(written)) > 3 * LIMIT
    shown, omitted = cut(written)
    assert len(STEP.findall(shown)) + omitted.get("step", 0) == 300
    assert shown.count("| `field_") + omitted["field"] == 300 * 9
    # All are named before the fields of any are shown.
    assert omitted.keys() == {"field"}
    assert shown.index("300 created") < shown.index("Left out") < shown.index("### In no pipeline")


def test_of_more_than_can_be_named_the_loud_ones_are() -> None:
    steps = [*(step(at) for at in range(3_000)), step(3_000, weight=Weight.LOSES)]
    shown, omitted = cut(review(others=tuple(steps)))
    assert len(STEP.findall(shown)) + omitted["step"] == 3_001
    assert omitted["field"] == 3_001 * 9
    assert "`Dataset 3000`" in shown


def test_verdict_settings_losses_and_refusals_survive_whatever_else_there_is() -> None:
    settings = (Setting("aep:endpoint", VALUE, Shown(Is.VALUE, "https://platform.adobe.io"), None),)
    refused = tuple(Violation("aep", "minimum-interval", "mandatory", f"flow-{at}", "too often" * 5_000) for at in range(40))
    written = review(
        settings=settings,
        losses=tuple(text("Replaces dataset {}: its rows are lost.", f"d{at}") for at in range(3)),
        violations=refused,
        problems=("boom\n" * 50_000, "no luck" * 50_000),
        warnings=tuple("deprecated" * 500 for _at in range(50)),
        others=tuple(step(at) for at in range(300)),
    )
    shown, omitted = cut(written)
    assert "**Changes.**" in shown
    assert "| `aep:endpoint` |" in shown
    assert shown.count("its rows are lost.") == 3
    assert "- **`mandatory`** `minimum-interval` of `aep`, on `flow-0`" in shown
    assert "boom" in shown
    assert shown.count("on `flow-") + omitted["policy result"] == 40
    assert len(STEP.findall(shown)) + omitted["step"] == 300


def test_a_long_message_alone_is_shortened_and_nothing_is_said_to_be_left_out() -> None:
    shown, omitted = cut(review(problems=("no luck" * 50_000,)))
    assert omitted == {}
    assert "… (350000 characters)" in shown
    assert "Long messages are shortened." in shown


@given(
    steps=st.integers(0, 60),
    fields=st.integers(0, 30),
    problems=st.lists(st.text(alphabet="ab`<&\n", max_size=9_000), max_size=4),
    longest=st.integers(markdown.SHORTEST, 20_000),
)
def test_it_is_short_enough_and_closed_wherever_it_is_cut(steps: int, fields: int, problems: list[str], longest: int) -> None:
    loud = tuple(step(at, fields=fields, weight=Weight.WARNS) for at in range(steps // 2))
    quiet = tuple(step(at, fields=fields) for at in range(steps // 2, steps))
    shown, omitted = cut(review(problems=tuple(problems), shared=loud, others=quiet), longest)
    assert len(STEP.findall(shown)) + omitted.get("step", 0) == steps
    assert shown.count("| `field_") + omitted.get("field", 0) == steps * fields


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_can_be_cut_to_the_shortest(name: str) -> None:
    written = reviewed(name)
    shown, omitted = cut(written, markdown.SHORTEST)
    assert shown.startswith("## aep review")
    assert len(STEP.findall(shown)) + omitted.get("step", 0) == len(list(all_steps(written)))


# -- the command --------------------------------------------------------------------------------------------------------------


def run(*words: str, fails: bool = False) -> str:
    ran = CliRunner().invoke(cli.command, words, catch_exceptions=True)
    assert isinstance(ran.exception, AepError) or ran.exit_code in ({1} if fails else {0, 2, 3}), ran.output
    return ran.output


def test_one_preview_is_written_in_every_form_and_the_verdict_is_told(tmp_path: Path) -> None:
    events, files = str(EVENTS / "new_pipeline.jsonl"), [tmp_path / f"review.{suffix}" for suffix in ("md", "html", "json")]
    outputs = [word for file in files for word in ("--output", str(file))]
    said = run("--events", events, "--longest", "2000", *outputs)
    assert said.startswith("Changes. ")
    short, page, told = (file.read_text() for file in files)
    assert len(short) <= 2_000
    assert "The whole review: `review.html` and `review.json`." in short
    assert page.startswith("<!doctype html>")
    assert told == machine.render(reviewed("new_pipeline", planned=False))
    assert json.loads(told)["exit_code"] == 2


def test_losses_and_refusals_are_told_to_the_log(tmp_path: Path) -> None:
    lost = run("--events", str(EVENTS / "dataset_replacement.jsonl"), "--output", str(tmp_path / "review.md"))
    assert "Replaces dataset “Target Dataset for CRM data” (“people” in the program): its rows are deleted" in lost
    refused = run("--events", str(EVENTS / "policy.jsonl"), "--output", str(tmp_path / "review.md"), fails=True)
    assert "aep: minimum-interval, on " in refused


def test_a_short_review_alone_says_how_to_get_the_whole() -> None:
    assert "run `aep review` without `--longest`." in run("--events", str(EVENTS / "first.jsonl"), "--longest", "2000")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--output", "a.md", "--output", "b.html", "--format", "json"), "--format cannot be used with several outputs"),
        (("--output", "a.md", "--output", "b.html", "--json"), "--format cannot be used with several outputs"),
        (("--policy-pack-config", "x.json"), "--policy-pack-config must be set once for each --policy-pack"),
        (("--longest", "10"), "2000"),
    ],
)
def test_what_goes_not_together_is_refused_before_anything_runs(words: tuple[str, ...], sentence: str) -> None:
    ran = CliRunner().invoke(cli.command, words)
    assert ran.exit_code != 0
    assert sentence in ran.output
