"""Identity Service's namespaces, as returned by its API."""

from aep_pulumi.models import Model


class Namespace(Model):
    """`GET /idnamespace/identities/{id}`."""

    code: str | None = None
    name: str | None = None
    id_type: str | None = None
    description: str | None = None
