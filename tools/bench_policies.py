"""Benchmark of the policy pack on a preview of 50 pipelines: `python tools/bench_policies.py [ROUNDS]`.

Previews of a stack that was never deployed run in turn: without a pack, with a pack whose only rule does nothing (the cost of any
pack: one more process, two calls per resource), and with this project's pack. It compares medians and minimums.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIPELINES = 50
PROGRAM = f"""
import aep_pulumi as aep

account = aep.BaseConnection("crm", name="CRM account", description="The CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="c", client_secret="s", api_version="60.0"))
for at in range({PIPELINES}):
    aep.CrmPipeline(
        f"contacts-{{at}}", base_connection=account, table="Contact", columns=["FirstName", "Email"],
        mappings={{"FirstName": "person.name.firstName", "Email": "personalEmail.address"}},
        field_groups=["https://ns.adobe.com/xdm/context/profile-person-details",
                      "https://ns.adobe.com/xdm/context/profile-personal-details"],
        schedule={{"frequency": "hour", "interval": 6}}, description="Contacts")
"""
IDLE = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

idle = ResourceValidationPolicy("idle", "Does nothing.", lambda args, report: None)
PolicyPack("idle", enforcement_level=EnforcementLevel.ADVISORY, policies=[idle])
"""
EXPECTED = f"+ {PIPELINES * 7 + 2} to create"


def main(rounds: int) -> None:
    """Measure, and print one line for each pack."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = _project(folder)
        idle = folder / "idle"
        idle.mkdir()
        shutil.copy(ROOT / "policies" / "PulumiPolicy.yaml", idle)
        (idle / "__main__.py").write_text(IDLE)
        packs = {"without": None, "an idle pack": idle, "with the pack": ROOT / "policies"}
        took: dict[str, list[tuple[float, float]]] = {which: [] for which in packs}
        try:
            for _round in range(rounds):
                for which, pack in packs.items():
                    words = ["--policy-pack", str(pack)] if pack else []
                    began, spent = time.perf_counter(), _processor_s()
                    output = _run(folder, environment, "pulumi", "preview", "--stack", "dev", "--suppress-progress", *words)
                    took[which].append((time.perf_counter() - began, _processor_s() - spent))
                    if EXPECTED not in output:
                        raise SystemExit(output)
        finally:
            _run(folder, environment, "aep", "platform", "stop")
    for at, what in enumerate(("seconds", "processor seconds")):
        columns = {which: [each[at] for each in pairs] for which, pairs in took.items()}
        base = columns["without"]
        for which, seconds in columns.items():
            middle, best = statistics.median(seconds), min(seconds)
            more, at_best = middle / statistics.median(base) - 1, best / min(base) - 1
            print(f"{which:14} median {middle:5.2f} ({more:+.0%}), best {best:5.2f} ({at_best:+.0%}) {what}")
    print(f"{rounds} previews each, in turn")


def _processor_s() -> float:
    """The processor time of all runs so far, which does not include other load on the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _project(folder: Path) -> dict[str, str]:
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "state").mkdir()
    (folder / "stacks").mkdir()
    shutil.copy(ROOT / "stacks" / "Pulumi.dev.yaml", folder / "stacks")
    (folder / "stacks" / "__main__.py").write_text(PROGRAM)
    ran = subprocess.run([sys.executable, ROOT / "dev" / "pulumi" / "engine.py"], stdout=subprocess.PIPE, text=True, check=True)
    engine = Path(ran.stdout.strip()).parent
    environment = os.environ | {
        "AEP_HOME": str(folder / "platform"),
        "PATH": os.pathsep.join([str(engine), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "local",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    _run(folder, environment, "pulumi", "stack", "init", "dev")
    return environment


def _run(folder: Path, environment: dict[str, str], *words: str) -> str:
    quiet = ("--non-interactive", "--color", "never") if words[0] == "pulumi" else ()
    ran = subprocess.run([*words, *quiet], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stdout + ran.stderr)
    return ran.stdout


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7)
