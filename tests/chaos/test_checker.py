"""The checker of chaos runs sees what it is there to see: planted on a run where nothing went wrong."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from chaos import CANARY, CONTROL, SETTINGS, Run, Verdict

ROOT = Path(__file__).parents[2]
HEADERS = {"x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    tool = ROOT / "tools" / "pulumi" / "engine.py"
    engine = Path(subprocess.run([sys.executable, tool], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    run = Run(1, tmp_path_factory.mktemp("chaos"), engine)
    run.pulumi("stack", "init", "dev")
    for key, value in SETTINGS.items():
        run.pulumi("config", "set", key, value)
    run.pulumi("config", "set", "--secret", "chaos:secret", CANARY)
    assert run.pulumi("up", "--yes", "--skip-preview") == 0
    yield run
    run.command("aep", "platform", "stop")


def judged(run: Run) -> Verdict:
    run.verdict = Verdict(run.seed)
    run.judge()
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
    assert judged(run).is_clean


def test_a_planted_orphan_and_a_planted_duplicate_count_one_each(run: Run) -> None:
    orphan = plant_schema(run, "nobody's")
    assert (judged(run).orphans, run.verdict.duplicates) == (1, 0)

    duplicate = plant_dataset(run, "contact", orphan)
    assert (judged(run).orphans, run.verdict.duplicates) == (1, 1)

    remove(run, f"/data/foundation/catalog/dataSets/{duplicate}")
    remove(run, f"/data/foundation/schemaregistry/tenant/schemas/{quote(orphan, safe='')}")
    assert judged(run).is_clean


@pytest.mark.parametrize("text", [CANARY, "Y2FuYXJ5LTdjMSJlICYvzqk=", "canary-7c1%22e%20%26/%CE%A9"])
def test_a_planted_leak_counts_one(run: Run, text: str) -> None:
    leak = run.folder / "leak.txt"
    leak.write_text(f"before {text} after")
    assert judged(run).leaks == 1
    leak.unlink()


def test_a_stuck_stack_is_told(run: Run) -> None:
    rule = {"kind": "outage_before", "status": 500, "path": "/data/foundation/"}
    requests.post(f"{run.url}/_local/faults", json={"rules": [rule]}, headers=CONTROL, timeout=10)
    assert run.pulumi("up", "--yes", "--skip-preview", "--refresh") != 0
    requests.delete(f"{run.url}/_local/faults", headers=CONTROL, timeout=10)


def test_a_lost_object_counts_one(run: Run) -> None:
    requests.post(f"{run.url}/_local/reset", headers=CONTROL, timeout=10)
    lost = judged(run).lost
    assert lost == 13
