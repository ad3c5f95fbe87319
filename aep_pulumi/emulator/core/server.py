"""Server: the ASGI application, assembled from middleware and routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aep_pulumi.emulator.batch_ingestion.routes import SERVICE as BATCH_INGESTION
from aep_pulumi.emulator.catalog.routes import SERVICE as CATALOG
from aep_pulumi.emulator.control import routes as control
from aep_pulumi.emulator.core.faults import FaultLayer, Faults
from aep_pulumi.emulator.core.gateway import NO_ROUTE, Gateway
from aep_pulumi.emulator.core.recording_file import RecordingFile
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
from aep_pulumi.emulator.landing_zone.routes import SERVICE as LANDING_ZONE
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
    LANDING_ZONE,
)


def other_routes(stop: Callable[[], None]) -> list[Route]:
    """The routes that are not of a service under `/data`: the control API, tokens, and collected messages."""
    return [*control.routes(stop, [service.name for service in SERVICES]), *tokens.ROUTES, *collection.ROUTES]


def application(
    store: Store, worker: Worker, stop: Callable[[], None], touch: Callable[[], None], file: RecordingFile | None = None
) -> ASGIApp:
    """The local Platform as an ASGI application.

    Args:
        store: the database.
        worker: does the work that requests wait for.
        stop: stops the process after the response has been sent.
        touch: called on every request, to reset the idle timeout.
        file: where requests and responses are recorded in addition to the request log.
    """
    faults = Faults(store)
    control.load_settings(store)
    gateway = Gateway(store, SERVICES, worker, partial(run_inputs.keep_before_change, store))
    others = Starlette(routes=other_routes(stop))
    # Not mounted: a mount does not match a path with an encoded line break.
    others.router.default = NO_ROUTE
    others.state.store = store
    others.state.faults = faults
    others.state.worker = worker
    # One seed at a time: files of another one are deleted.
    others.state.seeding = asyncio.Lock()

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (gateway if scope["path"].startswith("/data/") else others)(scope, receive, send)

    return RequestLog(FaultLayer(dispatch, store, faults, SERVICES), store, touch, file)
