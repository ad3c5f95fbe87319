"""Sandboxes: the state and type of sandboxes.

API quirks: Adobe's samples omit the sandbox header; a deleted sandbox may still be returned, with state `deleted`.
"""

from collections.abc import Mapping
from urllib.parse import quote

from aep_pulumi.client import Client

BASE = "/data/foundation/sandbox-management"


def sandbox(platform: Client, name: str) -> Mapping[str, object]:
    """A sandbox: `name`, `title`, `state`, `type` (`development` or `production`). Requested once per process."""

    def fetch() -> Mapping[str, object]:
        body = platform.call("GET", f"{BASE}/sandboxes/{quote(name, safe='')}").body()
        return body if isinstance(body, Mapping) else {}

    return platform.cached(f"sandbox {name}", fetch)


def accessible_sandboxes(platform: Client) -> list[str]:
    """The names of the active sandboxes that the credential's roles give access to."""
    # Without the header: the settings may name a sandbox that does not exist.
    body = platform.call("GET", f"{BASE}/", headers={"x-sandbox-name": ""}).body()
    listed = body.get("sandboxes") if isinstance(body, Mapping) else None
    return sorted(str(each.get("name")) for each in listed if isinstance(each, Mapping)) if isinstance(listed, list) else []
