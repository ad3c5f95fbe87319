"""The checker of chaos runs sees what it is there to see: planted on a run where nothing went wrong."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from chaos import ENOUGH, told
from judging import Verdict
from seeded_run import CANARIES, CONTROL, FAULTS, ROOT, Run

HEADERS = {"x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"}
FLOWS = "/data/foundation/flowservice/flows"
WITH_A_KILL = 336
"""A seed whose first `pulumi up` is killed within seconds."""
SECRETS = [canary for what, canary in CANARIES.items() if "account" in what]


@pytest.fixture(scope="module")
def engine() -> Path:
    tool = ROOT / "tools" / "pulumi" / "engine.py"
    return Path(subprocess.run([sys.executable, tool], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Run]:
    run = Run(1, tmp_path_factory.mktemp("chaos"), engine)
    try:
        run.begin()
        assert run.pulumi("up", "--yes", "--skip-preview") == 0
        yield run
    finally:
        run.command("aep", "platform", "stop")


def judged(run: Run) -> Verdict:
    run.verdict = Verdict(run.seed)
    run.judge()
    run.search()
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
    assert judged(run).is_clean, run.verdict.words


def test_a_planted_orphan_and_a_planted_duplicate_count_one_each(run: Run) -> None:
    orphan = plant_schema(run, "nobody's")
    assert (judged(run).orphans, run.verdict.duplicates) == (1, 0)

    duplicate = plant_dataset(run, "contact", orphan)
    assert (judged(run).orphans, run.verdict.duplicates) == (1, 1)

    remove(run, f"/data/foundation/catalog/dataSets/{duplicate}")
    remove(run, f"/data/foundation/schemaregistry/tenant/schemas/{quote(orphan, safe='')}")
    assert judged(run).is_clean


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
    assert 1 <= run.verdict.leaks <= 2  # a secret without a character to encode stands in two forms at once
    assert {words.partition(" in leak.txt")[0] for words in run.verdict.words} == {
        f"leak of {next(what for what, canary in CANARIES.items() if canary == secret)}"
    }


def test_a_planted_access_token_counts_one(run: Run) -> None:
    leak = run.folder / "leak.txt"
    leak.write_text(f"curl -H 'Authorization: {headers(run)['Authorization']}'")
    assert searched(run).leaks == 1
    leak.unlink()


def test_a_secret_on_a_command_line_is_a_leak(run: Run) -> None:
    words = f"pulumi config set --secret chaos:secret {SECRETS[0]}"
    run.said.append(words)
    assert searched(run).leaks == 1
    run.said.remove(words)


def test_a_process_left_alive_counts_one(run: Run) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=run.folder) as left:
        assert judged(run).unrecovered == 1
        left.kill()
    assert str(left.pid) in run.verdict.words[0]


def test_a_stack_that_is_not_as_its_program_says_counts_one(run: Run) -> None:
    run.pulumi("config", "set", "chaos:changed", "true")
    assert judged(run).unrecovered == 1
    run.pulumi("config", "rm", "chaos:changed")


def test_a_stuck_stack_counts_one(run: Run) -> None:
    program = run.folder / "__main__.py"
    kept = program.read_text()
    program.write_text("raise SystemExit(1)")
    run.verdict = Verdict(run.seed)
    assert not run.recover()
    program.write_text(kept)
    assert run.verdict.unrecovered == 1


def test_a_lost_object_counts_one(run: Run) -> None:
    flow = requests.get(f"{run.url}{FLOWS}", headers=headers(run), timeout=10).json()["items"][0]["id"]
    remove(run, f"{FLOWS}/{flow}")
    assert (judged(run).lost, run.verdict.orphans, run.verdict.duplicates) == (1, 0, 0)


def test_with_look_ups_switched_off_a_lost_answer_makes_a_duplicate(tmp_path: Path, engine: Path) -> None:
    counted = {}
    for looks_up in (True, False):
        folder = tmp_path / str(looks_up)
        folder.mkdir()
        run = Run(2, folder, engine, looks_up=looks_up)
        try:
            run.begin()
            run.strike([{"kind": "reset_after", "method": "POST", "path": "sourceConnections", "times": 1}])
            assert run.pulumi("up", "--yes", "--skip-preview") == 0
            requests.delete(f"{run.url}/_local/faults", headers=CONTROL, timeout=10)
            run.judge()
            counted[looks_up] = run.verdict.duplicates
        finally:
            run.command("aep", "platform", "stop")
    assert counted == {True: 0, False: 1}


def test_a_run_with_faults_and_a_kill_loses_nothing_and_leaks_nothing(tmp_path: Path, engine: Path) -> None:
    verdict = Run(WITH_A_KILL, tmp_path, engine).play()
    assert verdict.is_clean, verdict.words
    assert (verdict.kills > 0, verdict.faults.total() > 0) == (True, True)


def test_the_sum_fails_where_anything_is_counted_or_a_fault_never_fires(capsys: pytest.CaptureFixture[str]) -> None:
    all_faults = dict.fromkeys(FAULTS, 1)
    clean = [Verdict(seed) for seed in range(ENOUGH)]
    clean[0].faults.update(all_faults)
    assert told(clean) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == (f"chaos: runs={ENOUGH} faults={len(FAULTS)} kills=0 duplicates=0 orphans=0 lost=0 leaks=0 unrecovered=0")

    for count in ("duplicates", "orphans", "lost", "leaks", "unrecovered"):
        verdict = Verdict(1)
        verdict.add(count, "planted")
        assert told([verdict]) == 1
        assert f"{count}=1" in capsys.readouterr().out

    del clean[0].faults["garbled"]
    assert told(clean) == 1
    assert "never: garbled" in capsys.readouterr().out
