"""Routes of Catalog: datasets and batches."""

from __future__ import annotations

from aep_pulumi.emulator.catalog import batches, datasets
from aep_pulumi.emulator.catalog.listing import QUERY
from aep_pulumi.emulator.core.calls import Route, Service

SERVICE = Service(
    base="/data/foundation/catalog",
    routes=(
        # Adobe's tutorials send requestDataSource, which OpenAPI omits.
        Route("POST", "/dataSets", datasets.create, query=("requestDataSource",)),
        Route("GET", "/dataSets", datasets.list_all, query=(*datasets.FILTERS, *QUERY, "tags")),
        Route("GET", "/dataSets/{id}", datasets.get, query=("properties",)),
        Route("PUT", "/dataSets/{id}", datasets.replace),
        Route("PATCH", "/dataSets/{id}", datasets.patch),
        Route("DELETE", "/dataSets/{id}", datasets.delete),
        Route("PATCH", "/v2/dataSets/{id}", datasets.patch_v2),
        Route("GET", "/batches", batches.list_all, query=(*batches.FILTERS, *batches.QUERY, *QUERY)),
        Route("GET", "/batches/{id}", batches.get, query=("aggregate",)),
    ),
)
