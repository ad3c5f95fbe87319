"""Benchmark: overhead of `aep review` over a preview of 300 resources. By hand: `python tests/review/bench.py [PIPELINES]`."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from stacking import ROOT, Stack, deployable

TIMES = 5
PIPELINE = """
import aep_pulumi as aep
account = aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="x", client_secret="y", api_version="60.0"))
for at in range({count}):
    aep.CrmPipeline(f"table-{{at}}", base_connection=account, table="Contact", columns=["FirstName", "Email"],
        mappings={{"Email": "personalEmail.address"}}, schedule={{"frequency": "hour", "interval": 1}},
        field_groups=["https://ns.adobe.com/xdm/context/profile-personal-details"])
"""


def seconds(stack: Stack, *commands: tuple[str, ...]) -> list[float]:
    """The shortest of several runs of each command, interleaved, so that other load affects all alike."""
    best = [float("inf")] * len(commands)
    for _run in range(TIMES):
        for at, args in enumerate(commands):
            began = time.perf_counter()
            ran = subprocess.run(args, cwd=stack.folder, env=stack.environment, capture_output=True, text=True, check=False)
            best[at] = min(best[at], time.perf_counter() - began)
            assert ran.returncode in {0, 2}, ran.stderr
    return best


def main(count: int) -> None:
    """Preview a stack of this many new pipelines, with and without a review."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(ROOT / "Pulumi.yaml", folder / "Pulumi.yaml")
        (folder / "stacks").mkdir()
        (folder / "stacks" / "__main__.py").write_text(PIPELINE.format(count=count))
        for stack in deployable(folder):
            stack.pulumi("config", "set", "aep:checks", "local", "--stack", "dev")
            log = folder / "events"
            stack.environment["PULUMI_DEBUG_COMMANDS"] = "true"
            quiet = ("--non-interactive", "--color", "never", "--suppress-progress")
            output = ("--output", str(folder / "review.html"))
            alone, both, after = seconds(
                stack,
                ("pulumi", "preview", *quiet, "--stack", "dev", "--event-log", str(log)),
                ("aep", "review", "--stack", "dev", *output),
                ("aep", "review", "--events", str(log), *output),
            )
            assert f"{count * 7 + 1} created" in (folder / "review.html").read_text()
            sys.stdout.write(
                f"{count * 7 + 1} resources: preview {alone:.2f} s, aep review {both:.2f} s ({both - alone:+.2f} s), "
                f"of recorded events {after:.2f} s\n"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 43)
