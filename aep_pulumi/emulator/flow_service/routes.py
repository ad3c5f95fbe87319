"""Routes of Flow Service: connections, flows, runs and specs."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.flow_service import (
    accounts,
    actions,
    connections,
    drafts,
    errors,
    explore,
    flows,
    run_calls,
    searches,
    spec_calls,
)

KINDS = (connections.BASE_CONNECTION, connections.SOURCE_CONNECTION, connections.TARGET_CONNECTION, flows.FLOW)

SERVICE = Service(
    base="/data/foundation/flowservice",
    routes=(
        # Before the routes with an id in the same place.
        *searches.ROUTES,
        *(route for kind in KINDS for route in (*drafts.routes(kind), *actions.routes(kind))),
        Route("GET", "/connections/{id}/test", accounts.test),
        Route("GET", "/connections/{id}/explore", explore.explore, query=explore.QUERY),
        *run_calls.ROUTES,
        *spec_calls.ROUTES,
    ),
    documents_unknown_query=True,
    unknown_query=lambda name: errors.coded("1451-400", name=name),
    forbidden=lambda: errors.coded("2120-403"),
    sandbox_missing=lambda: errors.coded("2105-400"),
    sandbox_unknown=lambda name: errors.coded("2100-404", name=name),
    sandbox_star=lambda: errors.coded("2111-403"),
    sandbox_id_given=lambda: errors.coded("2110-400"),
    outage=errors.outage,
)
