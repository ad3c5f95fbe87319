"""Identities: the identity namespaces of an organisation. Their list is not paginated."""

from collections.abc import Mapping

from aep_pulumi.client import Client

PATH = "/data/core/idnamespace/identities"


def namespaces(platform: Client) -> list[Mapping[str, object]]:
    """All namespaces, each with `code` and `id`. Requested once per process."""

    def fetch() -> list[Mapping[str, object]]:
        body = platform.call("GET", PATH).body()
        return [item for item in body if isinstance(item, Mapping)] if isinstance(body, list) else []

    return platform.cached("identity namespaces", fetch)
