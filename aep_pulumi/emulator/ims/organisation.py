"""Organisation: the only organisation of the local Platform, and its only API client."""

from __future__ import annotations

ID = "LOCAL@AdobeOrg"
TENANT = "localtenant"

# Public on purpose: these credentials only grant access to a server on this machine.
CLIENT_ID = "local-client"
CLIENT_SECRET = "local-secret"  # noqa: S105
USER = "local-client@techacct.adobe.com"
