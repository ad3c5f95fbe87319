"""Routes of Batch Ingestion: batches and their files."""

from __future__ import annotations

from aep_pulumi.emulator.batch_ingestion import batches, files
from aep_pulumi.emulator.core.calls import Route, Service

FILE = "/batches/{id}/datasets/{dataset}/files/{path:path}"

SERVICE = Service(
    base="/data/foundation/import",
    routes=(
        Route("POST", "/batches", batches.create),
        Route("POST", "/batches/{id}", batches.act, query=("action",), takes_file=True),
        Route("PUT", FILE, files.put, takes_file=True),
        Route("PATCH", FILE, files.patch, takes_file=True),
        Route("POST", FILE, files.post, query=("action",), takes_file=True),
        Route("HEAD", FILE, files.head),
        Route("GET", "/batches/{id}/datasets/{dataset}/preview", files.preview, query=files.PREVIEW_QUERY),
    ),
)
