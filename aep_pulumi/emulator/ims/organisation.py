"""Organisation: the only organisation of the local Platform, and the API clients that may call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ID = "LOCAL@AdobeOrg"
TENANT = "localtenant"


@dataclass(frozen=True)
class Client:
    """A credential, recorded on every object that it creates or updates."""

    id: str
    """The API key, as in `createdClient`."""

    secret: str

    @property
    def user(self) -> str:
        """The technical account, as in `createdBy`."""
        return f"{self.id}@techacct.adobe.com"


# Public on purpose: these credentials only grant access to a server on this machine.
CLIENTS: Mapping[str, Client] = {
    each.id: each for each in (Client("local-client", "local-secret"), Client("local-client-2", "local-secret-2"))
}
