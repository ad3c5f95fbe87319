"""Routes of Flow Service: connections, flows, runs and specs."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.flow_service import connections, errors, explore, flows, resources, run_calls, specs

SERVICE = Service(
    base="/data/foundation/flowservice",
    routes=(
        *resources.routes(connections.BASE_CONNECTION),
        *resources.routes(connections.SOURCE_CONNECTION),
        *resources.routes(connections.TARGET_CONNECTION),
        *resources.routes(flows.FLOW),
        Route("GET", "/connections/{id}/test", connections.test),
        Route("GET", "/connections/{id}/explore", explore.explore, query=explore.QUERY),
        Route("POST", "/flows/{id}/action", flows.perform_action, query=("op", "subOp")),
        *run_calls.ROUTES,
        *specs.ROUTES,
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
