"""Routes of Connectors. Adobe publishes no OpenAPI file for it: these are on its page on the Data Landing Zone."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.landing_zone import credentials

SERVICE = Service(
    base="/data/foundation/connectors",
    routes=(
        Route("GET", "/landingzone", credentials.container, query=("type",)),
        Route("GET", "/landingzone/credentials", credentials.get, query=("type",)),
        Route("POST", "/landingzone/credentials", credentials.refresh, query=("type", "action")),
    ),
)
