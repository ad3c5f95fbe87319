"""What a user would write instead: a script that makes the same calls with `requests`, in one thread or in several.

`python script.py URL PIPELINES THREADS`. It only creates: no state, no diff, no second run.
"""

import sys
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import requests

FLOW = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry/tenant/schemas"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
SALESFORCE = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_AEP = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}
FORM = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}


class Script:
    """The calls of the script."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
        token = self._session.post(f"{url}/ims/token/v3", data=FORM, timeout=60).json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.headers["x-api-key"] = "local-client"
        self._session.headers["x-gw-ims-org-id"] = "LOCAL@AdobeOrg"
        self._session.headers["x-sandbox-name"] = "dev"

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """Create an object."""
        response = self._session.post(f"{self._url}{path}", json=body, timeout=60)
        if not response.ok:
            raise SystemExit(f"{path}: {response.status_code} {response.text}")
        return response.json()

    def account(self) -> str:
        """The base connection."""
        params = {
            "environmentUrl": "https://acme.my.salesforce.com",
            "clientId": "3MVG9",
            "clientSecret": "a",
            "apiVersion": "60.0",
        }
        auth = {"specName": "OAuth2 Client Credential", "params": params}
        return str(self.post(f"{FLOW}/connections", {"name": "CRM account", "auth": auth, "connectionSpec": SALESFORCE})["id"])

    def schema(self, title: str) -> str:
        """A schema."""
        parts = (PROFILE, f"{PROFILE}-personal-details", f"{PROFILE}-person-details")
        body = {
            "type": "object",
            "title": f"{title}: schema",
            "description": "Leads",
            "allOf": [{"$ref": part} for part in parts],
        }
        return str(self.post(REGISTRY, body)["$id"])

    def source(self, title: str, account: str) -> str:
        """A source connection."""
        columns = [
            {"name": name, "type": "string", "xdm": {"type": "string"}}
            for name in ("FirstName", "LastName", "Email", "LastModifiedDate")
        ]
        body = {
            "name": f"{title}: source",
            "baseConnectionId": account,
            "connectionSpec": SALESFORCE,
            "data": {"format": "tabular"},
            "params": {"path": "Lead", "tableName": "Lead", "columns": columns},
        }
        return str(self.post(f"{FLOW}/sourceConnections", body)["id"])

    def dataset(self, title: str, schema: str) -> str:
        """A dataset."""
        body = {"name": title, "schemaRef": {"id": schema, "contentType": "application/vnd.adobe.xed-full+json;version=1"}}
        return str(self.post("/data/foundation/catalog/dataSets", body)[0].rpartition("/")[2])

    def target(self, title: str, schema: str, dataset: str) -> str:
        """A target connection."""
        reference = {"id": schema, "version": "application/vnd.adobe.xed-full+json;version=1"}
        body = {
            "name": f"{title}: target",
            "connectionSpec": DATA_LAKE,
            "data": {"format": "parquet_xdm", "schema": reference},
            "params": {"dataSetId": dataset},
        }
        return str(self.post(f"{FLOW}/targetConnections", body)["id"])

    def mapping(self, title: str, schema: str) -> str:
        """A mapping set."""
        pairs = {"FirstName": "person.name.firstName", "Email": "personalEmail.address"}
        body = {
            "name": title,
            "outputSchema": {"schemaRef": {"id": schema, "contentType": "application/vnd.adobe.xed-full+json;version=1"}},
            "mappings": [{"sourceType": "ATTRIBUTE", "source": source, "destination": to} for source, to in pairs.items()],
        }
        return str(self.post("/data/foundation/conversion/mappingSets", body)["id"])

    def flow(self, title: str, source: str, target: str, mapping: str) -> str:
        """A dataflow."""
        delta = {"name": "LastModifiedDate", "dateFormat": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}
        body = {
            "name": title,
            "flowSpec": CRM_TO_AEP,
            "sourceConnectionIds": [source],
            "targetConnectionIds": [target],
            "transformations": [
                {"name": "Copy", "params": {"deltaColumn": delta}},
                {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}},
            ],
            "scheduleParams": {"startTime": int(time.time()) + 3600, "frequency": "hour", "interval": 1},
        }
        return str(self.post(f"{FLOW}/flows", body)["id"])


def main(url: str, pipelines: int, threads: int) -> None:
    """Create the objects of all pipelines."""
    script = Script(url)
    account = script.account()
    titles = [f"Leads {uuid.uuid4().hex[:8]}" for _ in range(pipelines)]
    with ThreadPoolExecutor(threads) as pool:

        def each(act: Callable[..., str], *columns: Sequence[str]) -> list[Future[str]]:
            return [pool.submit(act, *values) for values in zip(*columns, strict=True)]

        def results(futures: list[Future[str]]) -> list[str]:
            return [future.result() for future in futures]

        sources, schemas = each(script.source, titles, [account] * pipelines), results(each(script.schema, titles))
        datasets, mappings = each(script.dataset, titles, schemas), each(script.mapping, titles, schemas)
        targets = results(each(script.target, titles, schemas, results(datasets)))
        results(each(script.flow, titles, results(sources), targets, results(mappings)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
