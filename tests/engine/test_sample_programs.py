"""The sample that reads its pipelines from a table, on the real engine, with the commands of its README."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stacking import ROOT, Stack, deployable

SAMPLE = ROOT / "samples" / "pipelines-from-a-table"
COUNT = 20
PARTS = ("SourceConnection", "Dataset", "TargetConnection", "MappingSet", "Dataflow")


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Stack]:
    """A copy of the sample, whose stack does not exist yet."""
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder)
    for stack in deployable(folder):
        stack.environment["PULUMI_SKIP_CONFIRMATIONS"] = "true"
        stack.pulumi("stack", "rm", "--yes", "--preserve-config", "dev")
        yield stack


def test_twenty_pipelines_are_deployed_from_a_table_and_a_wrong_row_stops_the_run(sample: Stack) -> None:
    block = re.search(r"```sh\n(.*?)```", (SAMPLE / "README.md").read_text(), re.DOTALL)
    assert block
    sample.run("sh", "-ec", block.group(1))
    kinds = [name.split()[0] for name in sample.ids()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"BaseConnection": 1, "Schema": 1, **dict.fromkeys(PARTS, COUNT)}
    before = len(sample.requests())

    file = sample.folder / "pipelines.yaml"
    text = file.read_text()
    file.write_text(text.replace("interval: 30", "interval: 5").replace("    Phone: workPhone", "    Fone: workPhone"))
    output = sample.preview(fails=True).output
    assert "Traceback" not in output
    for sentence in (
        "contacts-email: schedule.interval must be 15 or more with frequency minute",
        "leads-phone: mapping.Fone is not one of the columns: did you mean Phone?",
    ):
        assert f"pipelines.yaml: {sentence}" in output
        assert f"pipelines.yaml: {sentence}" in (SAMPLE / "README.md").read_text()
    assert len(sample.requests()) == before, "nothing is sent"

    file.write_text(text)
    pack = sample.preview("--policy-pack", str(ROOT / "policies"), "--expect-no-changes").output
    assert "advisory" not in pack
