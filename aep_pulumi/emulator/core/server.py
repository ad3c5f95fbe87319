"""Server: the layers and tables of the local Platform, put together."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from aep_pulumi.emulator.catalog import datasets as catalog
from aep_pulumi.emulator.control import routes as control
from aep_pulumi.emulator.core.faults import FaultLayer, Faults
from aep_pulumi.emulator.core.gateway import Gateway
from aep_pulumi.emulator.core.request_log import RequestLog
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.data_prep import mapping_sets as data_prep
from aep_pulumi.emulator.flow_service import resources as flow_service
from aep_pulumi.emulator.identity import namespaces as identity_namespaces
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import resources as schema_registry

SERVICES = (
    flow_service.SERVICE,
    schema_registry.SERVICE,
    catalog.SERVICE,
    data_prep.SERVICE,
    sandboxes.SERVICE,
    identity_namespaces.SERVICE,
)


def application(store: Store, stop: Callable[[], None], touch: Callable[[], None]) -> Starlette:
    """The local Platform as an ASGI application.

    Args:
        store: what it remembers.
        stop: ends the process once the answer is out.
        touch: notes that somebody is still there.
    """
    faults = Faults(store)
    control.load_clock(store)
    app = Starlette(
        routes=[
            *control.routes(stop, [service.name for service in SERVICES]),
            Route(ims.PATH, ims.token, methods=["POST"]),
            Mount("/", Gateway(store, SERVICES)),
        ],
        middleware=[
            Middleware(RequestLog, store=store, touch=touch),
            Middleware(FaultLayer, store=store, faults=faults),
        ],
    )
    app.state.store = store
    app.state.faults = faults
    return app
