"""Rows on Platform: a local Platform with datasets, dataflows and batches, and a `pulumi` whose stack deploys there."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from in_process import run_apart, run_here
from real_platform import CONNECTION, CONNECTIONS, DATASETS, LocalPlatform, running

Json = dict[str, Any]

FLOW = "/data/foundation/flowservice"
IMPORT = "/data/foundation/import/batches"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_AEP = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}
PEOPLE = {"FirstName": "person.name.firstName", "LastName": "person.name.lastName", "Email": "personalEmail.address"}
PULUMI = """#!/bin/sh
case "$1" in
stack) /bin/cat "{folder}/state.json" ;;
config) /bin/cat "{folder}/config.json" ;;
esac
"""


@dataclass
class Rows:
    """A local Platform that only these tests use, and a stack on it."""

    folder: Path
    platform: LocalPlatform

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call an API of Platform."""
        return self.platform.client().call(method, path, body=body).body()

    def dataset(self, name: str) -> str:
        """Create a dataset of people, with a schema of its own. Returns its id."""
        groups = [PROFILE, f"{PROFILE}-person-details", f"{PROFILE}-personal-details"]
        schema = {"type": "object", "title": f"{name} {os.urandom(4).hex()}", "allOf": [{"$ref": each} for each in groups]}
        schema_id = self.call("POST", "/data/foundation/schemaregistry/tenant/schemas", schema)["$id"]
        content_type = "application/vnd.adobe.xed-full+json;version=1"
        body = {"name": name, "schemaRef": {"id": schema_id, "contentType": content_type}}
        return str(self.call("POST", DATASETS, body)[0]).rpartition("/")[2]

    def ingest(self, dataset_id: str, content: bytes, file_format: str = "json") -> str:
        """Ingest a file as a batch. Returns the id of the batch."""
        batch = self.call("POST", IMPORT, {"datasetId": dataset_id, "inputFormat": {"format": file_format}})["id"]
        headers = {**self._headers(), "Content-Type": "application/octet-stream"}
        path = f"{self.platform.url}{IMPORT}/{batch}/datasets/{dataset_id}/files/rows.{file_format}"
        assert self.platform.session.put(path, data=content, headers=headers, timeout=10).ok
        self.call("POST", f"{IMPORT}/{batch}?action=COMPLETE")
        return str(batch)

    def flow(self, dataset_id: str, table: str = "Contact", *, start_in_s: int = 60, minutes: int = 15) -> str:
        """Create a dataflow of a Salesforce table that runs every so many minutes. Returns its id."""
        schema_id = self.call("GET", f"{DATASETS}/{dataset_id}")[dataset_id]["schemaRef"]["id"]
        base = self.call("POST", CONNECTIONS, CONNECTION)["id"]
        source = {
            "name": "source",
            "baseConnectionId": base,
            "connectionSpec": {"id": SALESFORCE, "version": "1.0"},
            "data": {"format": "tabular"},
            "params": {"tableName": table},
        }
        target = {
            "name": "target",
            "connectionSpec": DATA_LAKE,
            "data": {"schema": {"id": schema_id, "version": "application/vnd.adobe.xed-full+json;version=1"}},
            "params": {"dataSetId": dataset_id},
        }
        mappings = [{"sourceType": "ATTRIBUTE", "source": each, "destination": PEOPLE[each]} for each in PEOPLE]
        output = {"schemaRef": {"id": schema_id, "contentType": "application/vnd.adobe.xed-full+json;version=1"}}
        mapping = self.call("POST", "/data/foundation/conversion/mappingSets", {"outputSchema": output, "mappings": mappings})
        flow = {
            "name": f"Flow of {table}",
            "flowSpec": CRM_TO_AEP,
            "sourceConnectionIds": [self.call("POST", f"{FLOW}/sourceConnections", source)["id"]],
            "targetConnectionIds": [self.call("POST", f"{FLOW}/targetConnections", target)["id"]],
            "transformations": [
                {"name": "Copy", "params": {"deltaColumn": {"name": "LastModifiedDate"}}},
                {"name": "Mapping", "params": {"mappingId": mapping["id"], "mappingVersion": 0}},
            ],
            "scheduleParams": {"startTime": str(int(self.now()) + start_in_s), "frequency": "minute", "interval": f"{minutes}"},
        }
        return str(self.call("POST", f"{FLOW}/flows", flow)["id"])

    def now(self) -> float:
        """The time on Platform's clock."""
        return float(self.platform.control("GET", "/clock")["now"])

    def people(self, count: int, flow_id: str) -> list[Json]:
        """The first rows that a dataflow's source has, as they are in the dataset."""
        source = self.call("GET", f"{FLOW}/flows/{flow_id}")["items"][0]["sourceConnectionIds"][0]
        found = self.call("GET", f"{FLOW}/sourceConnections/{source}")["items"][0]
        object_of = f"object={found['params']['tableName']}&objectType=table"
        explored = self.call("GET", f"{FLOW}/connections/{found['baseConnectionId']}/explore?{object_of}&preview=true")
        return [_person(row) for row in explored["data"][:count]]

    def state(self, **datasets: str) -> None:
        """The stack's state: datasets by their name in the program."""
        resources = [
            {
                "urn": f"urn:pulumi:dev::crm::pulumi-python:dynamic/aep:Dataset::{name}",
                "type": "pulumi-python:dynamic/aep:Dataset",
                "id": dataset_id,
                "inputs": {},
                "parent": "urn:pulumi:dev::crm::aep:components:CrmPipeline::pipeline-of-" + name,
            }
            for name, dataset_id in datasets.items()
        ]
        (self.folder / "state.json").write_text(json.dumps({"deployment": {"resources": resources}}))

    def aep(self, *args: str, **environ: str) -> tuple[int, str, str]:
        """Run the command: exit code, output, errors."""
        ran = run_here(*args, cwd=self.folder, environ=self._environment | environ)
        assert list((self.folder / "tmp").iterdir()) == [], "downloaded files are removed"
        return ran.returncode, ran.stdout, ran.stderr

    def aep_apart(self, *args: str) -> tuple[int, str, str]:
        """Run the command in its own process, as a user does: exit code, output, errors."""
        ran = run_apart(*args, cwd=self.folder, environ=self._environment)
        assert "Traceback" not in ran.stderr, ran.stderr
        assert list((self.folder / "tmp").iterdir()) == [], "downloaded files are removed"
        return ran.returncode, ran.stdout, ran.stderr

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.folder / "bin"),
            "AEP_HOME": str(self.folder / "home"),
            "COLUMNS": "160",
            "TMPDIR": str(self.folder / "tmp"),
        }

    def lines(self, *args: str) -> list[Json]:
        """The rows of a command that prints them as lines of JSON."""
        code, output, errors = self.aep(*args, "--json")
        assert (code, errors) == (0, "")
        return [json.loads(line) for line in output.splitlines()]

    def _headers(self) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": "local-client",
            "client_secret": "local-secret",
            "scope": "openid",
        }
        token = self.platform.session.post(f"{self.platform.url}/ims/token/v3", data=form, timeout=10).json()["access_token"]
        return {
            "Authorization": f"Bearer {token}",
            "x-api-key": "local-client",
            "x-gw-ims-org-id": "LOCAL@AdobeOrg",
            "x-sandbox-name": "dev",
        }


def _person(row: Json) -> Json:
    """A row of the source in XDM, written without any code of the product."""
    person: Json = {}
    if row["FirstName"] is not None:
        person["firstName"] = row["FirstName"]
    if row["LastName"] is not None:
        person["lastName"] = row["LastName"]
    email = {} if row["Email"] is None else {"personalEmail": {"address": row["Email"]}}
    return {"person": {"name": person}} | email


@contextmanager
def rows_on_platform(folder: Path) -> Iterator[Rows]:
    """A local Platform and a stack for a test module."""
    for name in ("bin", "home", "tmp"):
        (folder / name).mkdir()
    pulumi = folder / "bin" / "pulumi"
    pulumi.write_text(PULUMI.format(folder=folder))
    pulumi.chmod(0o755)
    with running(folder / "home") as platform:
        config = {key: {"value": value} for key, value in platform.config().items()}
        (folder / "config.json").write_text(json.dumps(config))
        rows = Rows(folder, platform)
        rows.state()
        yield rows
