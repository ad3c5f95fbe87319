"""Real Platform: the local Platform in its own process, and clients of it over HTTP with the settings of a stack."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from aep_pulumi.client import Client, local, schema_registry
from aep_pulumi.settings import Settings

CONNECTIONS = "/data/foundation/flowservice/connections"
DATASETS = "/data/foundation/catalog/dataSets"
CONNECTION = {
    "name": "CRM",
    "connectionSpec": {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"},
    "auth": {
        "specName": "OAuth2 Client Credential",
        "params": {
            "environmentUrl": "https://acme.my.salesforce.com",
            "clientId": "3MVG9.local",
            "clientSecret": "hunter2",
            "apiVersion": "60.0",
        },
    },
}


@dataclass(frozen=True)
class LocalPlatform:
    """A local Platform that only these tests use."""

    url: str
    session: requests.Session

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call its control API."""
        answer = self.session.request(
            method, f"{self.url}/_local{path}", json=body, headers={"x-local-control": "yes"}, timeout=60
        )
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, kind: str, **more: object) -> None:
        """Set a fault; it replaces all others."""
        self.control("POST", "/faults", {"seed": 1, "rules": [{"kind": kind, **more}]})

    def config(self, **settings: str) -> dict[str, str]:
        """A stack's config in which the local Platform counts as a real one that happens to run on this machine."""
        return {
            "aep:endpoint": self.url,
            "aep:imsEndpoint": self.url,
            "aep:organization": "LOCAL@AdobeOrg",
            "aep:sandbox": "dev",
            "aep:clientId": "local-client",
            "aep:clientSecret": "local-secret",
        } | {f"aep:{name}": value for name, value in settings.items()}

    def client(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] | None = None,
        **settings: str,
    ) -> Client:
        """A client with these settings."""
        return Client(Settings.read(self.config(**settings), environ or {}), clock=clock, sleep=sleep)

    def request_lines(self, part: str = "/data/") -> list[str]:
        """The requests that were received, as `GET /path 200`, if they contain this part."""
        logged = self.control("GET", "/requests")["requests"]
        return [f"{each['method']} {each['path']} {each['status']}" for each in logged if part in each["path"]]

    def writes(self) -> list[str]:
        """The same, but only writes."""
        return [line for line in self.request_lines() if not line.startswith("GET ")]

    def make_schema(self) -> str:
        """Create a schema outside of any stack."""
        profile = "https://ns.adobe.com/xdm/context/profile"
        return (
            schema_registry.schemas(self.client())
            .create({"type": "object", "title": "Rows", "description": "", "allOf": [{"$ref": profile}]})
            .id
        )

    def object_ids(self, collection: str, sandbox: str = "dev") -> list[str]:
        """The ids of the objects in a collection."""
        return [each["id"] for each in self.control("GET", "/objects").get(sandbox, {}).get(collection, [])]


@contextmanager
def running(home: Path) -> Iterator[LocalPlatform]:
    """Run a local Platform for a test module."""
    command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home)]
    with requests.Session() as session, subprocess.Popen(command) as process:
        session.trust_env = False
        end_s = time.monotonic() + 60
        try:
            while (url := local.running_url(home)) is None:
                assert process.poll() is None
                assert time.monotonic() < end_s
                time.sleep(0.05)
            yield LocalPlatform(url, session)
        finally:
            process.terminate()
