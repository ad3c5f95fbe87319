"""The checker of chaos runs detects each kind of damage, planted on a run where nothing went wrong."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from chaos import ENOUGH, summarize
from judging import Verdict, collisions, compare, ids_in, in_flight
from seeded_run import CANARIES, CONTROL, FAULTS, ROOT, Layout, Run

pytestmark = pytest.mark.engine

HEADERS = {"x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"}
FLOWS = "/data/foundation/flowservice/flows"
WITH_A_KILL = 282
"""A seed whose first `pulumi up` is killed within seconds."""
LOST = {"kind": "reset_after", "method": "POST", "path": "sourceConnections", "times": 1}
"""A fault: the response to one create is lost."""
SECRETS = [canary for what, canary in CANARIES.items() if "account" in what]


@pytest.fixture(scope="module")
def engine() -> Path:
    tool = ROOT / "dev" / "pulumi" / "engine.py"
    return Path(subprocess.run([sys.executable, tool], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Run]:
    """A run in which nothing went wrong: the only fault, a lost response, was followed by a lookup."""
    run = Run(1, tmp_path_factory.mktemp("chaos"), engine, layout=Layout(stacks=2, prefixed=True))
    try:
        run.begin()
        run.strike([LOST])
        run.deploy()
        fired = requests.get(f"{run.url}/_local/faults", timeout=10).json()["fired"]
        assert fired == {"reset_after": 1}
        yield run
    finally:
        run.keeper.command("aep", "platform", "stop")


def compared(run: Run) -> Verdict:
    run.verdict = Verdict(run.seed)
    run.match_objects()
    return run.verdict


def searched(run: Run) -> Verdict:
    run.verdict = Verdict(run.seed)
    run.search()
    return run.verdict


def headers(run: Run) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}
    token = requests.post(f"{run.url}/ims/token/v3", data=form, timeout=10).json()["access_token"]
    return HEADERS | {"Authorization": f"Bearer {token}"}


def plant_schema(run: Run, title: str) -> str:
    body = {"type": "object", "title": title, "description": "", "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}]}
    url = f"{run.url}/data/foundation/schemaregistry/tenant/schemas"
    return str(requests.post(url, json=body, headers=headers(run), timeout=10).json()["$id"])


def plant_dataset(run: Run, name: str, schema: str) -> str:
    reference = {"id": schema, "contentType": "application/vnd.adobe.xed+json;version=1"}
    url = f"{run.url}/data/foundation/catalog/dataSets"
    answer = requests.post(url, json={"name": name, "schemaRef": reference}, headers=headers(run), timeout=10)
    return str(answer.json()[0].rpartition("/")[2])


def remove(run: Run, path: str) -> None:
    requests.delete(f"{run.url}{path}", headers=headers(run), timeout=10).raise_for_status()


def test_a_run_where_nothing_went_wrong_is_clean(run: Run) -> None:
    run.verdict = Verdict(run.seed)
    run.judge()
    run.search()
    assert run.verdict.is_clean, run.verdict.reasons


def test_a_planted_orphan_and_a_planted_duplicate_count_one_each(run: Run) -> None:
    orphan = plant_schema(run, "nobody's")
    assert (compared(run).orphans, run.verdict.duplicates) == (1, 0)

    duplicate = plant_dataset(run, "0: Contact", orphan)
    assert (compared(run).orphans, run.verdict.duplicates) == (1, 1)

    remove(run, f"/data/foundation/catalog/dataSets/{duplicate}")
    remove(run, f"/data/foundation/schemaregistry/tenant/schemas/{quote(orphan, safe='')}")
    assert compared(run).is_clean


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["clear", "json", "url", "base64", "base64 of a text around it"])
def test_a_planted_leak_counts_one(run: Run, secret: str, form: str) -> None:
    text = {
        "clear": secret,
        "json": secret.replace("\\", "\\\\").replace('"', '\\"'),
        "url": quote(secret),
        "base64": base64.b64encode(secret.encode()).decode(),
        "base64 of a text around it": base64.b64encode(f'{{"password": "{secret}"}}'.encode()).decode(),
    }[form]
    leak = run.folder / "leak.txt"
    leak.write_text(f"before {text} after")
    searched(run)
    leak.unlink()
    assert 1 <= run.verdict.leaks <= 2  # a secret without a character to encode appears in two encodings at once
    assert {command_line.partition(" in leak.txt")[0] for command_line in run.verdict.reasons} == {
        f"leak of {next(what for what, canary in CANARIES.items() if canary == secret)}"
    }


def test_a_planted_access_token_counts_one(run: Run) -> None:
    leak = run.folder / "leak.txt"
    leak.write_text(f"curl -H 'Authorization: {headers(run)['Authorization']}'")
    assert searched(run).leaks == 1
    leak.unlink()


def test_a_secret_on_a_command_line_is_a_leak(run: Run) -> None:
    command_line = f"pulumi config set --secret chaos:secret {SECRETS[0]}"
    run.keeper.output.append(command_line)
    assert searched(run).leaks == 1
    run.keeper.output.remove(command_line)


def test_a_leftover_process_counts_one(run: Run) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=run.folder) as left:
        run.verdict = Verdict(run.seed)
        run.match_processes(ended_s=0.5)
        assert run.verdict.unrecovered == 1
        left.kill()
    assert str(left.pid) in run.verdict.reasons[0]


def test_a_stack_that_does_not_match_its_program_counts_one(run: Run) -> None:
    kept = [member.settings.read_text() for member in run.members]
    for member in run.members:
        member.settings.write_text(f'{member.settings.read_text()}  chaos:changed: "true"\n')
    run.verdict = Verdict(run.seed)
    run.match_programs()
    assert run.verdict.unrecovered == 1, run.verdict.reasons
    assert "not silent: " in run.verdict.reasons[0]
    for member, settings in zip(run.members, kept, strict=True):
        member.settings.write_text(settings)


def test_a_stuck_stack_counts_one(run: Run) -> None:
    (first, *_) = run.members
    program = first.folder / "__main__.py"
    kept = program.read_text()
    program.write_text("raise SystemExit(1)")
    run.verdict = Verdict(run.seed)
    assert not run.recover(first, attempts=2)
    program.write_text(kept)
    assert run.verdict.unrecovered == 1


def test_an_object_of_two_stacks_counts_one(run: Run) -> None:
    first, second = run.members
    kept, other = first.state(), second.state()
    theirs = next(each for each in other["deployment"]["resources"] if each["type"].endswith(":Schema"))
    shared = json.loads(json.dumps(kept))
    ours = next(each for each in shared["deployment"]["resources"] if each["type"].endswith(":Schema"))
    lost, ours["id"] = ours["id"], theirs["id"]
    verdict = Verdict(1)
    compare(verdict, [shared, other], [{"id": each} for state in (kept, other) for each in ids_in(state)])
    assert (verdict.shared, verdict.orphans + verdict.duplicates, verdict.lost) == (1, 1, 0)
    assert lost in verdict.reasons[0]


def test_two_creates_collide_if_they_are_in_flight_at_once(tmp_path: Path) -> None:
    def log(name: str, *requests: tuple[str, str, float, float]) -> Path:
        lines = (
            {"time": f"2026-01-01T00:00:{at:06.3f}+00:00", "method": method, "resource": resource, "duration_ms": took_s * 1000}
            for method, resource, at, took_s in requests
        )
        (tmp_path / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        return tmp_path / name

    one = log("one", ("POST", "dataset x", 1, 0.5), ("GET", "dataset x", 3, 0.1), ("GET", "dataset y", 1, 5))
    during = log("during", ("POST", "dataset x", 2.5, 0.1), ("POST", "dataset y", 2, 0.1))
    after = log("after", ("POST", "dataset x", 3.2, 0.1))
    assert [collisions(logs) for logs in ([one, during], [one, after], [one, during, after], [one])] == [1, 0, 1, 0]
    both = log("both", ("POST", "dataset x", 1, 0.5), ("POST", "dataset y", 1.2, 0.1), ("POST", "dataset z", 1.6, 0.1))
    assert [in_flight(each) for each in (one, both, tmp_path / "none")] == [1, 2, 0]


def test_a_lost_object_counts_one(run: Run) -> None:
    flow = requests.get(f"{run.url}{FLOWS}", headers=headers(run), timeout=10).json()["items"][0]["id"]
    remove(run, f"{FLOWS}/{flow}")
    assert (compared(run).lost, run.verdict.orphans, run.verdict.duplicates) == (1, 0, 0)


def test_without_lookups_a_lost_response_creates_a_duplicate(tmp_path: Path, engine: Path) -> None:
    # The run of the other tests has the same fault, and the lookups.
    run = Run(2, tmp_path, engine, layout=Layout(), has_lookups=False)
    try:
        run.begin()
        run.strike([LOST])
        run.deploy()
        requests.delete(f"{run.url}/_local/faults", headers=CONTROL, timeout=10)
        assert compared(run).duplicates == 1, run.verdict.reasons
    finally:
        run.keeper.command("aep", "platform", "stop")


def test_a_run_with_faults_and_a_kill_loses_nothing_and_leaks_nothing(tmp_path: Path, engine: Path) -> None:
    verdict = Run(WITH_A_KILL, tmp_path, engine).play()
    assert verdict.is_clean, verdict.reasons
    assert (verdict.kills > 0, verdict.faults.total() > 0) == (True, True)


def test_the_summary_fails_if_anything_is_counted_or_a_fault_never_fires(capsys: pytest.CaptureFixture[str]) -> None:
    all_faults = dict.fromkeys(FAULTS, 1)
    clean = [Verdict(seed) for seed in range(ENOUGH)]
    clean[0].faults.update(all_faults)
    assert summarize(clean) == 0
    last_line = capsys.readouterr().out.splitlines()[-1]
    counts = "duplicates=0 orphans=0 lost=0 leaks=0 unrecovered=0 shared=0"
    assert last_line == f"chaos: runs={ENOUGH} in_flight=0 faults={len(FAULTS)} kills=0 collisions=0 decisions=0 {counts}"

    for count in ("duplicates", "orphans", "lost", "leaks", "unrecovered", "shared"):
        verdict = Verdict(1)
        verdict.add(count, "planted")
        assert summarize([verdict]) == 1
        assert f"{count}=1" in capsys.readouterr().out

    del clean[0].faults["garbled"]
    assert summarize(clean) == 1
    assert "never: garbled" in capsys.readouterr().out
