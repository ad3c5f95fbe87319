"""Server: the ASGI application, assembled from middleware and routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from aep_pulumi.emulator.batch_ingestion.routes import SERVICE as BATCH_INGESTION
from aep_pulumi.emulator.catalog.routes import SERVICE as CATALOG
from aep_pulumi.emulator.control import routes as control
from aep_pulumi.emulator.core.faults import FaultLayer, Faults
from aep_pulumi.emulator.core.gateway import Gateway
from aep_pulumi.emulator.core.request_log import RequestLog
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.core.work import Worker
from aep_pulumi.emulator.data_access.routes import SERVICE as DATA_ACCESS
from aep_pulumi.emulator.data_prep.routes import SERVICE as DATA_PREP
from aep_pulumi.emulator.dataset_service.routes import SERVICE as DATASET_SERVICE
from aep_pulumi.emulator.flow_service import run_inputs
from aep_pulumi.emulator.flow_service.routes import SERVICE as FLOW_SERVICE
from aep_pulumi.emulator.identity.routes import SERVICE as IDENTITY
from aep_pulumi.emulator.ims import tokens
from aep_pulumi.emulator.sandboxes.routes import SERVICE as SANDBOXES
from aep_pulumi.emulator.schema_registry.routes import SERVICE as SCHEMA_REGISTRY
from aep_pulumi.emulator.streaming import collection
from aep_pulumi.emulator.streaming.routes import SERVICE as STREAMING

SERVICES = (
    FLOW_SERVICE,
    SCHEMA_REGISTRY,
    CATALOG,
    DATA_PREP,
    SANDBOXES,
    IDENTITY,
    BATCH_INGESTION,
    DATA_ACCESS,
    DATASET_SERVICE,
    STREAMING,
)


def application(store: Store, stop: Callable[[], None], touch: Callable[[], None]) -> Starlette:
    """The local Platform as an ASGI application.

    Args:
        store: the database.
        stop: stops the process after the response has been sent.
        touch: called on every request, to reset the idle timeout.
    """
    faults, worker = Faults(store), Worker(store)
    control.load_clock(store)
    app = Starlette(
        routes=[
            *control.routes(stop, [service.name for service in SERVICES]),
            *tokens.ROUTES,
            *collection.ROUTES,
            Mount("/", Gateway(store, SERVICES, worker, partial(run_inputs.keep_before_change, store))),
        ],
        middleware=[
            Middleware(RequestLog, store=store, touch=touch),
            Middleware(FaultLayer, store=store, faults=faults, services=SERVICES),
        ],
    )
    app.state.store = store
    app.state.faults = faults
    app.state.worker = worker
    # One seed at a time: files of another one are deleted.
    app.state.seeding = asyncio.Lock()
    return app
