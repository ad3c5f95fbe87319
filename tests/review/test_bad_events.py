"""Events that are not a whole preview: each is one sentence, and never the verdict that there are no changes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from recordings import EVENTS, NAMES, events, lines, lines_of

from aep_pulumi.cli import aep, review as cli
from aep_pulumi.errors import AepError
from aep_pulumi.review.events import BadEventsError, read


def sentence(event_lines: list[str], project: str = "", stack: str = "") -> str:
    with pytest.raises(BadEventsError) as rejected:
        read(event_lines, project=project, stack=stack)
    text = str(rejected.value)
    assert "\n" not in text
    return text


def test_a_stream_truncated_between_lines_is_rejected_wherever_it_ends() -> None:
    whole = lines("dataset_replacement")
    end = next(at for at, line in enumerate(whole) if "summaryEvent" in line)
    for at in range(1, end + 1):
        assert "truncated" in sentence(whole[:at])


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_truncated_inside_a_line_is_rejected_wherever_it_ends(name: str) -> None:
    text = "".join(lines(name))
    end = text.index('"summaryEvent"')
    for at in range(200, end, max(1, end // 50)):
        if text[at - 1] != "\n":
            assert "truncated" in sentence(text[:at].split("\n"))


def test_a_stream_with_a_missing_step_is_rejected() -> None:
    holed = [line for line in lines("interval") if '"op": "update"' not in line]
    assert "events are missing" in sentence(holed)


def test_an_empty_stream_is_an_error_that_explains_how_to_record_events() -> None:
    assert "--event-log" in sentence([])
    assert "--event-log" in sentence(["Previewing update (dev):\n"])


def test_another_project_and_another_stack_are_named() -> None:
    assert sentence(lines("interval"), project="crm") == "the events are of project 'aep', and this is project 'crm'"
    assert sentence(lines("interval"), stack="prod") == "the events are of stack 'dev', and the review is of stack 'prod'"
    assert read(lines("interval"), project="aep", stack="organization/aep/dev").stack == "dev"


def test_an_older_cli_is_named() -> None:
    old = events("no_change")
    for event in old:
        event.get("summaryEvent", {}).pop("result", None)
    assert "older Pulumi CLI" in sentence(lines_of(old))


def test_the_json_summary_of_the_cli_is_not_an_event_stream() -> None:
    digest = {
        "config": {},
        "steps": [{"op": "same", "urn": "urn:pulumi:dev::aep::pulumi:pulumi:Stack::aep-dev"}],
        "changeSummary": {"same": 1},
    }
    assert "older Pulumi CLI" in sentence(json.dumps(digest, indent=2).split("\n"))
    assert "older Pulumi CLI" in sentence([json.dumps(digest)])


def test_the_events_of_an_update_are_not_a_preview() -> None:
    done = events("interval")
    for event in done:
        if "summaryEvent" in event:
            event["summaryEvent"]["isPreview"] = False
    assert "those of an update" in sentence(lines_of(done))


def test_other_json_and_a_damaged_file_are_named() -> None:
    assert "something else" in sentence(['{"hello": "world"}\n'])
    assert "damaged" in sentence(['{"sequence": 0, "preludeEvent"\n', *lines("interval")])
    assert "does not support" in sentence(['{"sequence": 0, "summaryEvent": 7}\n'])


def test_other_output_between_the_events_is_ignored() -> None:
    assert read(["warning: a new version is available\n", *lines("interval"), "\n"]).stack == "dev"


@pytest.mark.parametrize("form", ["markdown", "html", "json"])
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda text: text[: len(text) // 2], "truncated"),
        (lambda _text: "", "no preview events"),
        (lambda _text: "{}", "something else"),
    ],
)
def test_an_error_is_written_as_one_sentence_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, spoil: Callable[[str], str], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events").write_text(spoil("".join(lines("no_change"))))
    ran = CliRunner().invoke(cli.command, ["--events", "events", "--format", form])
    assert ran.exit_code == 1
    assert expected in ran.stderr
    assert "Error" in ran.stdout or '"error"' in ran.stdout
    assert "No change" not in ran.stdout


def test_events_of_another_project_are_rejected_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    ran = CliRunner().invoke(cli.command, ["--events", str(EVENTS / "no_change.jsonl")])
    assert ran.exit_code == 1
    assert "of project 'aep', and this is project 'crm'" in ran.stderr


@pytest.mark.parametrize(
    ("name", "code"), [("no_change", 0), ("refused", 1), ("interval", 2), ("endpoint", 2), ("dataset_replacement", 3)]
)
def test_the_exit_code_is_the_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli.command, ["--events", "-", "--output", "review.html"], input="".join(lines(name)))
    assert ran.exit_code == code
    assert (tmp_path / "review.html").read_text().startswith("<!doctype html>")


def test_an_invalid_command_line_exits_with_1_not_with_2() -> None:
    for args in (["--colour"], ["--format", "pdf"], ["extra"], ["--events", "x", "--policy-pack", "y"]):
        assert CliRunner().invoke(aep, ["review", *args]).exit_code == 1


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli.command, ["--events", "missing"])
    assert ran.exit_code == 1
    assert "cannot be read" in ran.stderr
    ran = CliRunner().invoke(cli.command, ["--events", str(EVENTS / "no_change.jsonl"), "--output", "missing/review.md"])
    assert isinstance(ran.exception, AepError)
