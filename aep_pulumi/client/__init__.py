"""Client: HTTP access to Platform, independent of Pulumi. One module per service, plus shared modules."""

from aep_pulumi.client.client import Client, client_for
from aep_pulumi.client.messages import warn

__all__ = ["Client", "client_for", "warn"]
