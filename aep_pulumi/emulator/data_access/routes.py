"""Routes of Data Access: files of batches. Adobe publishes no OpenAPI file for it: these are on its documentation pages."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.data_access import files

PAGE = ("start", "limit")

SERVICE = Service(
    base="/data/foundation/export",
    routes=(
        Route("GET", "/batches/{id}/files", files.list_files, query=PAGE),
        Route("GET", "/batches/{id}/failed", files.failed_files, query=("path", *PAGE)),
        Route("GET", "/batches/{id}/meta", files.metadata, query=("path", *PAGE)),
        Route("GET", "/datasets/{id}/preview", files.preview),
        Route("GET", "/files/{id}", files.get_file, query=("path", *PAGE)),
        Route("HEAD", "/files/{id}", files.get_file, query=("path", *PAGE)),
    ),
)
