"""Hosts: whether the source behind a base connection can be reached."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

# RFC 2606: no host has a name in it, so no test of a program means one that works.
NOWHERE = ".invalid"


def unknown_host(base: Json) -> str | None:
    """The host of a base connection that does not exist; None if all of them may exist."""
    hosts = (_host(value) for value in base.get("auth", {}).get("params", {}).values())
    return next((host for host in hosts if host and host.endswith(NOWHERE)), None)


def _host(value: object) -> str | None:
    """The host that a value names: a URL, or a name with or without a port; an e-mail address names a user."""
    if not isinstance(value, str) or ("@" in value and "://" not in value):
        return None
    try:
        host = urlsplit(value if "://" in value else f"//{value}").hostname
    except ValueError:
        return None
    return host.removesuffix(".") if host else None
