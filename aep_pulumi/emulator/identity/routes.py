"""Routes of Identity Service: list, read, create and update namespaces."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.identity import errors, namespaces, organisation_paths

SERVICE = Service(
    base="/data/core/idnamespace",
    routes=(
        Route("GET", "/identities", namespaces.list_all),
        Route("GET", "/identities/{id}", namespaces.get),
        Route("POST", "/identities", namespaces.create),
        Route("PUT", "/identities/{id}", namespaces.update),
        Route("DELETE", "/identities/{id}", namespaces.delete),
        *organisation_paths.ROUTES,
    ),
    unknown_query=errors.unknown_query,
    forbidden=errors.forbidden,
    sandbox_missing=None,  # Adobe's samples omit the sandbox here
)
