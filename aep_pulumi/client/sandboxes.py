"""Sandboxes: what kind of sandbox a name stands for.

Its oddities: samples leave the sandbox header out; an object that is deleted may still be read, with a state that says so.
"""

from collections.abc import Mapping
from urllib.parse import quote

from aep_pulumi.client import Client

BASE = "/data/foundation/sandbox-management"


def sandbox(platform: Client, name: str) -> Mapping[str, object]:
    """A sandbox: `name`, `title`, `state`, `type` (`development` or `production`). Asked for once per process."""

    def ask() -> Mapping[str, object]:
        body = platform.call("GET", f"{BASE}/sandboxes/{quote(name, safe='')}").body()
        return body if isinstance(body, Mapping) else {}

    return platform.remembered(f"sandbox {name}", ask)


def open_to_credential(platform: Client) -> list[str]:
    """The names of the active sandboxes that the credential's roles include."""
    # Without the header: the settings may name a sandbox that does not exist.
    body = platform.call("GET", f"{BASE}/", headers={"x-sandbox-name": ""}).body()
    listed = body.get("sandboxes") if isinstance(body, Mapping) else None
    return sorted(str(each.get("name")) for each in listed if isinstance(each, Mapping)) if isinstance(listed, list) else []
