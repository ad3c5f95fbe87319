"""A project of three pipelines to operate, and its local Platform's clock and runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from stacking import CONTROL, TWO_CRMS, Stack, deployable

HOUR = 3600
HOSTILE, KNOWN_AS = "@everyone | x", '"><script>'
PROGRAM = (
    TWO_CRMS
    + """
contacts = aep.CrmPipeline("contacts", title="People", base_connection=salesforce, table="Contact", field_groups=DETAILS,
    columns=["FirstName", "LastName", "Email"], schedule={"frequency": "hour", "interval": 1}, mappings=[
        {"source": "FirstName", "destination": "person.name.firstName"},
        {"source": "upper(LastName)", "destination": "person.name.lastName", "source_type": "EXPRESSION"},
        {"source": "Email", "destination": "personalEmail.address"}])
aep.CrmPipeline("@everyone | x", title='"><script>', description='"><script> @everyone | x', table="lead",
    base_connection=dynamics, schedule={"frequency": "hour", "interval": 6}, parts={"schema": contacts.schema},
    mappings={"emailaddress1": "personalEmail.address"})
aep.CrmPipeline("backfill", title="People", base_connection=salesforce, table="Lead", schedule={"frequency": "once"},
    parts={"schema": contacts.schema}, mappings={"Email": "personalEmail.address"})
"""
)


def project(folder: Path) -> Iterator[Stack]:
    """The project in this folder, with a stack that was never deployed."""
    (folder / "Pulumi.yaml").write_text("name: operate\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    for stack in deployable(folder):
        stack.pulumi("config", "set", "--secret", "crm:secret", "a-secret-value")
        yield stack


def control(stack: Stack, path: str, body: dict[str, Any]) -> None:
    """Send a request to the control API."""
    assert requests.post(f"{stack.platform}/_local{path}", json=body, headers=CONTROL, timeout=10).ok


def fail(stack: Stack, flow: str, **more: Any) -> None:
    """Let the next run of a dataflow fail, or another one."""
    control(stack, "/runs/fail", {"flowId": flow, "code": "MAPPER-3700-400", "message": "Mapper Transform Error", **more})


def ahead(stack: Stack, seconds: float) -> None:
    """Set the local Platform's clock ahead."""
    control(stack, "/clock", {"ahead_s": seconds})
