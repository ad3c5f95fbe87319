"""The reference's examples, all in one stack."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stacking import ROOT, Stack, deployable

from aep_pulumi.kinds import BY_NAME
from aep_pulumi.resources import KINDS

EXAMPLES = ROOT / "docs" / "examples"
PROJECT = "name: examples\nruntime: python\n"
ALL_OF_THEM = """
import runpy
from pathlib import Path

for example in sorted(Path("examples").glob("*.py")):
    runpy.run_path(str(example))
"""
PRIMARY_IDENTITY = 1
"""Platform does not delete the primary identity of a schema in Profile."""


@pytest.fixture
def examples(tmp_path: Path) -> Iterator[Stack]:
    """One project of all examples, each run as its own program."""
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").write_text(ALL_OF_THEM)
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    for stack in deployable(tmp_path):
        stack.environment["PULUMI_SKIP_CONFIRMATIONS"] = "true"
        yield stack


def test_every_example_is_deployed_unchanged_and_destroyed(examples: Stack) -> None:
    settings = ("--secret", "clientSecret=not-yet", "--plaintext", "aep:allowDestructive=true")
    examples.pulumi("config", "set-all", *settings)
    assert "in clear" not in examples.up("--policy-pack", examples.run("aep", "policies").output.strip()).output
    assert {made.split()[0] for made in examples.ids()} == {kind.__name__ for kind in KINDS}
    examples.preview("--expect-no-changes")

    (examples.folder / "policy.json").write_text(json.dumps({"minimum-interval": {"minimum": 30}}))
    rejected = examples.preview("--policy-pack", "policies", "--policy-pack-config", "policy.json", fails=True).output
    assert 'dataflow "contacts": schedule.interval is 20 with frequency minute' in rejected

    kept = {made for name, made in examples.ids().items() if not BY_NAME[name.split()[0]].is_deletable}
    examples.destroy()
    left = set(map(str, examples.objects()))
    assert kept <= left
    assert len(left) == len(kept) + PRIMARY_IDENTITY
