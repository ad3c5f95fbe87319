"""Routes of the Schema Registry: custom resources under `/tenant`, standard resources under `/global`."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Route, Service
from aep_pulumi.emulator.core.store import SCHEMAS
from aep_pulumi.emulator.schema_registry import descriptors, errors, resources, standard, xdm
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
        *standard.empty_routes(SCHEMAS, "/global/schemas"),
        *standard.empty_routes(xdm.CLASSES, "/tenant/classes"),
        *standard.empty_routes(xdm.DATA_TYPES, "/tenant/datatypes"),
        Route("POST", "/tenant/descriptors", descriptors.create),
        Route("GET", "/tenant/descriptors", descriptors.list_all, query=QUERY),
        Route("GET", "/tenant/descriptors/{id}", descriptors.lookup),
        Route("PUT", "/tenant/descriptors/{id}", descriptors.replace),
        Route("DELETE", "/tenant/descriptors/{id}", descriptors.delete),
        Route("GET", "/stats", stats),
    ),
    content_type_unsupported=errors.content_type_unsupported,
)
