"""Client: speaks to Platform over HTTP, and knows no Pulumi. One file per service, beside what all of them need."""

from aep_pulumi.client.client import Client, client_for
from aep_pulumi.client.messages import tell

__all__ = ["Client", "client_for", "tell"]
