"""Routes of the Schema Registry: custom resources under `/tenant`, standard resources under `/global`."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.schema_registry import (
    audit_log,
    descriptors,
    errors,
    resources,
    sample_data,
    standard,
    transfers,
    unions,
    xdm,
)
from aep_pulumi.emulator.schema_registry.listing import QUERY
from aep_pulumi.emulator.schema_registry.stats import stats

SERVICE = Service(
    base="/data/foundation/schemaregistry",
    routes=(
        *resources.routes(resources.SCHEMA, "/tenant/schemas"),
        *resources.routes(resources.FIELD_GROUP, "/tenant/fieldgroups"),
        # The former name of field groups, which ids still contain.
        *resources.routes(resources.FIELD_GROUP, "/tenant/mixins"),
        *standard.routes(xdm.CLASSES, "/global/classes"),
        *standard.routes(xdm.FIELD_GROUPS, "/global/fieldgroups"),
        *standard.routes(xdm.FIELD_GROUPS, "/global/mixins"),
        *standard.routes(xdm.DATA_TYPES, "/global/datatypes"),
        *standard.routes(xdm.BEHAVIORS, "/global/behaviors"),
        *standard.routes(xdm.SCHEMAS, "/global/schemas"),
        *resources.routes(resources.CLASS, "/tenant/classes"),
        *resources.routes(resources.DATA_TYPE, "/tenant/datatypes"),
        *unions.ROUTES,
        Route("POST", "/tenant/descriptors", descriptors.create),
        Route("GET", "/tenant/descriptors", descriptors.list_all, query=QUERY),
        Route("GET", "/tenant/descriptors/{id}", descriptors.lookup),
        Route("PUT", "/tenant/descriptors/{id}", descriptors.replace),
        Route("DELETE", "/tenant/descriptors/{id}", descriptors.delete),
        Route("GET", "/global/descriptors", descriptors.list_standard, query=QUERY),
        Route("GET", "/global/descriptors/{id}", descriptors.lookup_standard),
        Route("GET", "/stats", stats),
        # These need no Accept header; Adobe's samples send some anyway.
        Route("GET", "/rpc/export/{id}", transfers.export),
        Route("POST", "/rpc/import", transfers.import_resources),
        Route("GET", "/rpc/sampledata/{id}", sample_data.sample_data),
        Route("GET", "/rpc/auditlog/{id}", audit_log.audit_log),
    ),
    content_type_unsupported=errors.content_type_unsupported,
)
