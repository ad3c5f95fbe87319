"""Organisation: the only organisation of the local Platform, and the API clients that may call it."""

from __future__ import annotations

from collections.abc import Mapping

from aep_pulumi.emulator.core.calls import Client

ID = "LOCAL@AdobeOrg"
TENANT = "localtenant"

# Public on purpose: these credentials only grant access to a server on this machine.
CLIENTS: Mapping[str, Client] = {
    each.id: each
    for each in (
        Client("local-client", "local-secret"),
        Client("local-client-2", "local-secret-2"),
        Client("local-service", "local-service-secret", is_service=True),
    )
}
