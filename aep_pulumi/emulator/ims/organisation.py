"""Organisation: the one whose Platform this is, and the one client that may call it."""

from __future__ import annotations

ID = "LOCAL@AdobeOrg"
TENANT = "localtenant"

# Published on purpose: they give access to nothing but a server on this machine.
CLIENT_ID = "local-client"
CLIENT_SECRET = "local-secret"  # noqa: S105
USER = "local-client@techacct.adobe.com"
