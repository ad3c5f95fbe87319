"""Routes of Catalog: datasets, batches, and requests that combine several."""

from __future__ import annotations

from aep_pulumi.emulator.catalog import batch_changes, batched_requests, batches, dataset_parts, datasets
from aep_pulumi.emulator.catalog.listing import QUERY
from aep_pulumi.emulator.core.calls import Route, Service

ROUTES = (
    # Adobe's tutorials send requestDataSource, which OpenAPI omits.
    Route("POST", "/dataSets", datasets.create, query=("requestDataSource",)),
    Route("GET", "/dataSets", datasets.list_all, query=(*datasets.FILTERS, *QUERY, "tags")),
    Route("GET", "/dataSets/{id}", datasets.get, query=("properties",)),
    Route("PUT", "/dataSets/{id}", datasets.replace),
    Route("PATCH", "/dataSets/{id}", datasets.patch),
    Route("DELETE", "/dataSets/{id}", datasets.delete),
    Route("PATCH", "/v2/dataSets/{id}", datasets.patch_v2),
    Route("GET", "/batches", batches.list_all, query=(*batches.FILTERS, *batches.QUERY, *QUERY)),
    Route("POST", "/batches", batch_changes.create),
    Route("GET", "/batches/uniques/{field}", batch_changes.uniques, query=(*batches.FILTERS, *batches.QUERY, *QUERY)),
    Route("GET", "/batches/{id}", batches.get, query=("aggregate",)),
    Route("PUT", "/batches/{id}", batch_changes.replace),
    Route("POST", "/batches/{id}", batch_changes.create_with_id),
    Route("PATCH", "/batches/{id}", batch_changes.patch),
    Route("DELETE", "/batches/{id}", batch_changes.delete),
    Route("GET", "/lastBatches", batch_changes.last_batches, query=(*batch_changes.LAST_BATCH_FILTERS, *QUERY)),
    Route("GET", "/dataSets/{id}/credentials", dataset_parts.credentials, query=("batchId",)),
    # Not in OpenAPI, but the link `files` of every dataset points here.
    Route("GET", "/dataSetFiles", dataset_parts.files, query=(*dataset_parts.FILE_QUERY, *QUERY)),
    Route("GET", "/tags/{namespace}", dataset_parts.tag_values),
)

SERVICE = Service(base="/data/foundation/catalog", routes=(*ROUTES, *batched_requests.routes(ROUTES)))
