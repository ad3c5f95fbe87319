"""Errors: one row for each of Platform's rules, with a valid request and the mutation that violates the rule.

`where` is the page or the OpenAPI file that documents the error, or `inferred`.
"""

from __future__ import annotations

from dataclasses import dataclass

import mutations as m
import pipelines as p
from mutations import Mutation, RequestFactory, drop, get, header, put, with_path, with_query, with_raw_body
from pipelines import CATALOG, FLOW, PREP, REGISTRY

FLOW_ERRORS = "sources/errors/flow-service-errors.md"
SOURCE_ERRORS = "sources/errors/sources-errors.md"
GATEWAY = "landing/troubleshooting.md"
XDM_ERRORS = "xdm/troubleshooting-guide.md"
FLOW_OAS = "flow-service.yaml"
REGISTRY_OAS = "schema-registry.yaml"
CATALOG_OAS = "catalog.yaml"
PREP_OAS = "data-prep.yaml"
INFERRED = "inferred"


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    valid: RequestFactory
    mutate: Mutation
    status: int
    code: str | None
    where: str


flows = get(f"{FLOW}/flows")
schemas = get(f"{REGISTRY}/tenant/schemas", p.XED_ID)
datasets = get(f"{CATALOG}/dataSets?limit=1")
UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"
LEADS = "object=/crm/leads.csv&fileType=DELIMITED"
WEB_GROUP = f"{p.CONTEXT}/experienceevent-web"

# --- the table ------------------------------------------------------------------------------------------------------

ROWS = (
    # the gateway
    Row("a call without a token", flows, header("Authorization", None), 403, "403010", GATEWAY),
    Row("an unknown token", flows, header("Authorization", "Bearer x"), 401, "401013", GATEWAY),
    Row("another authorization scheme", flows, header("Authorization", "Basic x"), 401, "401013", INFERRED),
    Row("no API key", flows, header("x-api-key", None), 403, "403000", GATEWAY),
    Row("the API key of another client", flows, header("x-api-key", "other"), 403, "403003", GATEWAY),
    Row("no organisation", flows, header("x-gw-ims-org-id", None), 400, "400003", GATEWAY),
    Row("another organisation", flows, header("x-gw-ims-org-id", "OTHER@AdobeOrg"), 403, "403025", GATEWAY),
    Row("a body without content type", m.new_base, header("Content-Type", None), 400, None, GATEWAY),
    Row("an unsupported content type", m.new_dataset, header("Content-Type", "text/plain"), 400, None, GATEWAY),
    Row("an unknown route", flows, with_path("/foundation/flowservice/streams"), 404, None, INFERRED),
    # IMS
    Row("a token request without scope", m.token, m.with_parameter("scope"), 400, "invalid_request", INFERRED),
    Row("a token request without secret", m.token, m.with_parameter("client_secret"), 400, "invalid_request", INFERRED),
    Row("a wrong client secret", m.token, m.with_parameter("client_secret", "wrong"), 401, "invalid_client", INFERRED),
    Row("a wrong client id", m.token, m.with_parameter("client_id", "wrong"), 401, "invalid_client", INFERRED),
    Row(
        "an unsupported grant type", m.token, m.with_parameter("grant_type", "password"), 400, "unsupported_grant_type", INFERRED
    ),
    Row("scopes separated by spaces", m.token, m.with_parameter("scope", "openid+session"), 400, "invalid_scope", INFERRED),
    # sandboxes
    Row("no sandbox", flows, header("x-sandbox-name", None), 400, "2105-400", FLOW_ERRORS),
    Row("an unknown sandbox", flows, header("x-sandbox-name", "unknown"), 404, "2100-404", FLOW_ERRORS),
    Row("a sandbox wildcard", flows, header("x-sandbox-name", "*"), 403, "2111-403", FLOW_ERRORS),
    Row("a sandbox by id", flows, header("x-sandbox-id", UNKNOWN_ID), 400, "2110-400", FLOW_ERRORS),
    Row("the registry without sandbox", schemas, header("x-sandbox-name", None), 400, None, INFERRED),
    Row("the registry with an unknown sandbox", schemas, header("x-sandbox-name", "unknown"), 404, None, INFERRED),
    Row("Catalog without sandbox", datasets, header("x-sandbox-name", None), 400, None, INFERRED),
    Row(
        "a read of an unknown sandbox",
        get("/foundation/sandbox-management/sandboxes/dev"),
        with_path("/foundation/sandbox-management/sandboxes/unknown"),
        404,
        None,
        INFERRED,
    ),
    # base connections
    Row("a base connection without name", m.new_base, drop("name"), 400, "1304-400", SOURCE_ERRORS),
    Row("a base connection without auth", m.new_base, drop("auth"), 400, "1304-400", SOURCE_ERRORS),
    Row("an unknown connection spec", m.new_base, put("connectionSpec.id", UNKNOWN_ID), 400, "1413-400", FLOW_ERRORS),
    Row("an unsupported auth spec", m.new_base, put("auth.specName", "Magic"), 400, "1415-400", FLOW_ERRORS),
    Row("auth params without password", m.new_base, drop("auth.params.password"), 400, "1304-400", SOURCE_ERRORS),
    Row("a name that is not a string", m.new_base, put("name", 5), 400, None, INFERRED),
    Row("an empty body", m.new_base, with_raw_body(b" "), 400, "1405-400", FLOW_ERRORS),
    Row("an empty object", m.new_base, with_raw_body(b"{}"), 400, "1405-400", FLOW_ERRORS),
    Row("a body that is not JSON", m.new_base, with_raw_body(b'{"name": NaN}'), 400, None, INFERRED),
    Row(
        "a read of an unknown base connection",
        m.read(f"{FLOW}/connections", "base"),
        with_path(f"{FLOW}/connections/{UNKNOWN_ID}"),
        404,
        "1101-404",
        FLOW_ERRORS,
    ),
    Row("an update without If-Match", m.renamed_base, header("If-Match", None), 400, "1403-400", FLOW_ERRORS),
    Row("an update with an outdated If-Match", m.renamed_base, header("If-Match", '"old"'), 412, "1404-412", FLOW_ERRORS),
    Row("a patch with an unsupported operation", m.renamed_base, put("0.op", "move"), 400, "1434-400", FLOW_ERRORS),
    Row("a patch of an immutable path", m.renamed_base, put("0.path", "/state"), 400, "1365-400", SOURCE_ERRORS),
    Row("an update of the connection spec", m.renamed_base, put("0.path", "/connectionSpec/id"), 400, "1414-400", FLOW_ERRORS),
    Row("a replace operation without value", m.renamed_base, drop("0.value"), 400, "1455-400", FLOW_ERRORS),
    Row("a patch that is not a list", m.renamed_base, with_raw_body(b'{"op":"add"}'), 400, "1455-400", FLOW_ERRORS),
    Row(
        "new auth params without a required one",
        m.changed_base({"op": "replace", "path": "/auth/params", "value": p.base_connection()["auth"]["params"]}),
        drop("0.value.securityToken"),
        400,
        "1304-400",
        SOURCE_ERRORS,
    ),
    Row("the deletion of a base connection in use", m.deleted_base, m.used_by_a_flow("base"), 400, "1418-400", FLOW_ERRORS),
    # lists and explore
    Row(
        "limit combined with count", get(f"{FLOW}/flows?limit=1"), with_query("limit=1&count=true"), 400, "1401-400", FLOW_ERRORS
    ),
    Row("an unknown query parameter", flows, with_query("colour=red"), 400, "1451-400", FLOW_ERRORS),
    Row("an invalid sort order", get(f"{FLOW}/flows?orderby=name"), with_query("orderby=!name"), 400, "1432-400", FLOW_ERRORS),
    Row("a sort by an unknown field", flows, with_query("orderby=colour"), 400, "1433-400", FLOW_ERRORS),
    Row(
        "an unknown filter operator",
        get(f"{FLOW}/flows?property=name==a"),
        with_query("property=name=a"),
        400,
        "1450-400",
        FLOW_ERRORS,
    ),
    Row("multiple values with !=", flows, with_query("property=name!=a,b"), 400, "1443-400", FLOW_ERRORS),
    Row("a filter without value", flows, with_query("property=createdAt=="), 400, "1453-400", FLOW_ERRORS),
    Row("a limit of 0", get(f"{FLOW}/flows?limit=1"), with_query("limit=0"), 400, None, INFERRED),
    Row(
        "explore without objectType", m.explored("objectType=root"), with_query("object=Contact"), 400, "1359-400", SOURCE_ERRORS
    ),
    Row(
        "explore with an unknown objectType",
        m.explored("objectType=root"),
        with_query("objectType=tree"),
        400,
        "1358-400",
        SOURCE_ERRORS,
    ),
    Row(
        "explore without a table",
        m.explored("objectType=table&object=Contact"),
        with_query("objectType=table&object="),
        400,
        "1337-400",
        SOURCE_ERRORS,
    ),
    Row(
        "explore of an unknown table",
        m.explored("objectType=TABLE&object=Contact"),
        with_query("objectType=TABLE&object=Unknown"),
        400,
        "1330-400",
        SOURCE_ERRORS,
    ),
    # source connections
    Row("a source connection without connection spec", m.new_source, drop("connectionSpec"), 400, "1304-400", FLOW_OAS),
    Row("a source connection without data", m.new_source, drop("data"), 400, "1304-400", FLOW_OAS),
    Row("a source connection without base connection", m.new_source, drop("baseConnectionId"), 400, "1304-400", SOURCE_ERRORS),
    Row(
        "a source connection with an unknown base connection",
        m.new_source,
        put("baseConnectionId", UNKNOWN_ID),
        404,
        "1101-404",
        INFERRED,
    ),
    Row(
        "a source connection with a spec other than its base connection's",
        m.new_source,
        put("connectionSpec.id", p.DYNAMICS),
        400,
        "1413-400",
        INFERRED,
    ),
    Row("a file format for a table source", m.new_source, put("data.format", "delimited"), 400, "1327-400", SOURCE_ERRORS),
    Row("an unknown table", m.new_source, put("params.tableName", "Unknown"), 400, "1330-400", SOURCE_ERRORS),
    Row("an unknown column", m.new_source, put("params.columns.0.name", "Colour"), 400, None, INFERRED),
    Row("a duplicate column", m.new_source, put("params.columns.0.name", "Email"), 400, None, INFERRED),
    Row("an unsupported filter type", m.filtered_source, put("params.filters.type", "SQL"), 400, "1355-400", SOURCE_ERRORS),
    Row("an unsupported filter format", m.filtered_source, put("params.filters.format", "sql"), 400, "1356-400", SOURCE_ERRORS),
    Row("an empty filter", m.filtered_source, put("params.filters.value", {}), 400, "1357-400", SOURCE_ERRORS),
    Row("a filter on a connector without filters", m.filtered_source, m.on_veeva, 400, "1353-400", SOURCE_ERRORS),
    Row("the deletion of a source connection in use", m.deleted_source, m.used_by_a_flow("source"), 400, "1447-400", INFERRED),
    # files
    Row("a tabular format for a file source", m.new_file_source, put("data.format", "tabular"), 400, "1327-400", SOURCE_ERRORS),
    Row("a file source without path", m.new_file_source, drop("params.path"), 400, "1304-400", INFERRED),
    Row(
        "a delimiter of two characters",
        m.new_file_source,
        put("data.properties.columnDelimiter", ";;"),
        400,
        "1331-400",
        SOURCE_ERRORS,
    ),
    Row("a file source with the flow spec for tables", m.new_file_flow, put("flowSpec.id", p.CRM_TO_AEP), 400, None, INFERRED),
    Row("a delta column for a file source", m.new_file_flow, m.with_a_delta_column, 400, None, INFERRED),
    Row(
        "explore of a table in a cloud storage",
        m.explored_storage("objectType=root"),
        with_query("objectType=table"),
        400,
        "1358-400",
        INFERRED,
    ),
    Row(
        "explore without a folder",
        m.explored_storage("objectType=folder&object=/crm"),
        with_query("objectType=folder"),
        400,
        "1337-400",
        SOURCE_ERRORS,
    ),
    Row(
        "explore of an unknown folder",
        m.explored_storage("objectType=FOLDER&object=/crm/"),
        with_query("objectType=folder&object=/unknown"),
        400,
        "1308-400",
        INFERRED,
    ),
    *(
        Row(
            f"explore of {what}",
            m.explored_storage(f"objectType=file&{LEADS}"),
            with_query(f"objectType=file&{query}"),
            400,
            code,
            where,
        )
        for what, query, code, where in (
            ("a file without file type", "object=/crm/leads.csv", "1359-400", SOURCE_ERRORS),
            ("a file with an unknown file type", "object=/crm/leads.csv&fileType=xml", "1399-400", SOURCE_ERRORS),
            ("a file with a mismatched file type", "object=/crm/leads.csv&fileType=parquet", "1396-400", INFERRED),
            ("an unknown file", "object=/crm/unknown.csv&fileType=delimited", "1308-400", INFERRED),
        )
    ),
    # target connections
    Row(
        "a target connection with a source spec",
        m.new_target,
        put("connectionSpec.id", p.SALESFORCE),
        400,
        "1307-400",
        SOURCE_ERRORS,
    ),
    Row("a target connection without dataset", m.new_target, put("params.dataSetId", ""), 400, "1325-400", SOURCE_ERRORS),
    Row("a target connection without data", m.new_target, drop("data"), 400, "1304-400", FLOW_OAS),
    Row("a target connection with an unknown dataset", m.new_target, put("params.dataSetId", "5c8c"), 400, None, INFERRED),
    Row("a target connection with a schema other than its dataset's", m.new_target, m.of_another_schema, 400, None, INFERRED),
    Row("a target connection with an invalid schema version", m.new_target, put("data.schema.version", "1"), 400, None, INFERRED),
    # flows
    Row("a flow with a state", m.new_flow, put("state", "enabled"), 400, "1410-400", FLOW_ERRORS),
    Row("a flow without flow spec", m.new_flow, drop("flowSpec"), 400, "1304-400", FLOW_OAS),
    Row("a flow with an unknown flow spec", m.new_flow, put("flowSpec.id", UNKNOWN_ID), 400, "1413-400", FLOW_ERRORS),
    Row(
        "a table source with the flow spec for files", m.new_flow, put("flowSpec.id", p.CLOUD_STORAGE_TO_AEP), 400, None, INFERRED
    ),
    Row("a flow without source connection", m.new_flow, put("sourceConnectionIds", []), 400, "1320-400", SOURCE_ERRORS),
    Row(
        "a flow with two source connections",
        m.new_flow,
        put("sourceConnectionIds", [UNKNOWN_ID] * 2),
        400,
        "1321-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a flow with two target connections",
        m.new_flow,
        put("targetConnectionIds", [UNKNOWN_ID] * 2),
        400,
        "1321-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a flow with an unknown source connection",
        m.new_flow,
        put("sourceConnectionIds", [UNKNOWN_ID]),
        404,
        "1101-404",
        INFERRED,
    ),
    Row("a flow without mapping", m.new_flow, drop("transformations.1"), 400, "1370-400", SOURCE_ERRORS),
    Row("an unknown mapping set", m.new_flow, put("transformations.1.params.mappingId", "x"), 400, "1419-400", FLOW_ERRORS),
    Row(
        "an unknown mapping set version",
        m.new_flow,
        put("transformations.1.params.mappingVersion", 9),
        400,
        "1412-400",
        FLOW_ERRORS,
    ),
    Row(
        "a mapping transformation without id",
        m.new_flow,
        drop("transformations.1.params.mappingId"),
        400,
        "1328-400",
        SOURCE_ERRORS,
    ),
    Row("a mapping set for another schema", m.new_flow, m.mapped_to_another_schema, 400, "1425-400", FLOW_ERRORS),
    Row("an unknown transformation", m.new_flow, put("transformations.0.name", "Fold"), 400, None, INFERRED),
    Row("no delta column", m.new_flow, drop("transformations.0"), 400, "1367-400", SOURCE_ERRORS),
    Row(
        "a delta column that the table does not have",
        m.new_flow,
        put("transformations.0.params.deltaColumn.name", "X"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a delta column with frequency once",
        m.flow_once,
        put("transformations", p.flow("", "", "x")["transformations"]),
        400,
        "1369-400",
        SOURCE_ERRORS,
    ),
    Row("a flow without schedule", m.new_flow, drop("scheduleParams"), 400, "1317-400", SOURCE_ERRORS),
    Row("a schedule without start time", m.new_flow, drop("scheduleParams.startTime"), 400, "1304-400", "tutorial, scheduleSpec"),
    Row("a start time in the past", m.new_flow, put("scheduleParams.startTime", 1567411548), 400, "1360-400", SOURCE_ERRORS),
    Row(
        "a start time in the past, as a string",
        m.new_flow,
        put("scheduleParams.startTime", "1567411548"),
        400,
        "1360-400",
        SOURCE_ERRORS,
    ),
    Row("an interval with frequency once", m.flow_once, put("scheduleParams.interval", 1), 400, "1361-400", SOURCE_ERRORS),
    Row(
        "a backfill with frequency once", m.flow_once, put("scheduleParams.backfill", value=True), 400, "1364-400", SOURCE_ERRORS
    ),
    Row("an interval of 14 minutes", m.new_flow, put("scheduleParams.interval", 14), 400, "1362-400", SOURCE_ERRORS),
    Row("an interval of 0 hours", m.flow_hourly, put("scheduleParams.interval", 0), 400, "1362-400", SOURCE_ERRORS),
    Row("an interval that is not a number", m.new_flow, put("scheduleParams.interval", "soon"), 400, "1363-400", SOURCE_ERRORS),
    Row("a schedule without interval", m.new_flow, drop("scheduleParams.interval"), 400, "1304-400", "tutorial, scheduleSpec"),
    Row("an unknown frequency", m.new_flow, put("scheduleParams.frequency", "fortnight"), 400, "1397-400", SOURCE_ERRORS),
    Row("a flow with a mode", m.new_flow, with_query("mode=upsert"), 400, "1368-400", SOURCE_ERRORS),
    Row("an update of the start time after the start", m.postponed_start, m.of_a_started_flow, 400, "1366-400", SOURCE_ERRORS),
    Row(
        "an update of the start time to the past",
        m.postponed_start,
        put("0.value", 1567411548),
        400,
        "1360-400",
        SOURCE_ERRORS,
    ),
    Row(
        "an update of the frequency to once after the start",
        m.turned_to_once,
        m.frequency_first_of_a_started_flow,
        400,
        "1403-400",
        SOURCE_ERRORS,
    ),
    Row(
        "an update of the backfill after the start",
        m.changed_flow("/scheduleParams/backfill", value=False),
        m.of_a_started_flow,
        400,
        "1404-400",
        SOURCE_ERRORS,
    ),
    Row(
        "an update of the flow spec",
        m.changed_flow("/name", "renamed"),
        put("0.path", "/flowSpec/id"),
        400,
        "1365-400",
        SOURCE_ERRORS,
    ),
    Row("an unknown flow action", m.flow_action, with_query("op=dance"), 400, "1398-400", SOURCE_ERRORS),
    Row("a flow action without op", m.flow_action, with_query("subOp=apply"), 400, "1359-400", SOURCE_ERRORS),
    Row("the creation of a flow spec", get(f"{FLOW}/flowSpecs"), m.with_method("POST"), 400, "1426-400", FLOW_ERRORS),
    Row(
        "a read of an unknown flow",
        m.read(f"{FLOW}/flows", "flow"),
        with_path(f"{FLOW}/flows/{UNKNOWN_ID}"),
        404,
        "1101-404",
        FLOW_ERRORS,
    ),
    # runs
    Row("an on-demand run of a scheduled flow", m.run_on_demand, m.of_the_scheduled_flow, 400, "1386-400", SOURCE_ERRORS),
    Row("an on-demand run without flow id", m.run_on_demand, put("flowId", ""), 400, "1446-400", FLOW_ERRORS),
    Row("an on-demand run of an unknown flow", m.run_on_demand, put("flowId", UNKNOWN_ID), 400, "1430-400", FLOW_ERRORS),
    Row("an on-demand run without params", m.run_on_demand, drop("params"), 400, "1384-400", SOURCE_ERRORS),
    Row("an on-demand run without window end", m.run_on_demand, drop("params.windowEndTime"), 400, "1384-400", INFERRED),
    Row("an on-demand run with an invalid time", m.run_on_demand, put("params.startTime", "soon"), 400, "1384-400", INFERRED),
    Row(
        "an on-demand run with a window that ends before it starts",
        m.run_on_demand,
        put("params.windowEndTime", 1),
        400,
        "1381-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a first on-demand run without delta column", m.run_on_demand, drop("params.deltaColumn"), 400, "1383-400", SOURCE_ERRORS
    ),
    Row(
        "an on-demand run with an unknown delta column",
        m.run_on_demand,
        put("params.deltaColumn.name", "Colour"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "an on-demand run with another delta column than before",
        m.second_run_on_demand,
        put("params.deltaColumn.name", "Id"),
        400,
        "1382-400",
        SOURCE_ERRORS,
    ),
    Row("an update of a run", m.read_run, m.with_method("PUT"), 400, "1427-400", FLOW_ERRORS),
    Row("a read of an unknown run", m.read_run, with_path(f"{FLOW}/runs/{UNKNOWN_ID}"), 404, "1101-404", INFERRED),
    # the registry: Accept
    Row("a list without Accept header", schemas, header("Accept", "*/*"), 400, "XDM-1006-400", REGISTRY_OAS),
    Row("a list with a version", schemas, header("Accept", p.XED), 400, "XDM-1006-400", REGISTRY_OAS),
    Row(
        "a lookup without version",
        m.lookup,
        header("Accept", "application/vnd.adobe.xed+json"),
        400,
        "XDM-1007-400",
        REGISTRY_OAS,
    ),
    Row("a lookup without Accept header", m.lookup, header("Accept", "application/json"), 400, "XDM-1007-400", REGISTRY_OAS),
    Row(
        "a list of descriptors with the Accept header for schemas",
        get(f"{REGISTRY}/tenant/descriptors", p.XDM),
        header("Accept", p.XED_ID),
        400,
        "XDM-1008-400",
        REGISTRY_OAS,
    ),
    Row(
        "a lookup of an unknown major version",
        m.lookup,
        header("Accept", p.XED.replace("1", "2")),
        404,
        "XDM-1012-404",
        REGISTRY_OAS,
    ),
    Row(
        "a lookup of an unknown schema",
        m.lookup,
        with_path(f"{REGISTRY}/tenant/schemas/_localtenant.schemas.0"),
        404,
        "XDM-1012-404",
        REGISTRY_OAS,
    ),
    # the registry: schemas and field groups
    Row("a schema of a type other than object", m.new_schema, put("type", "string"), 400, None, REGISTRY_OAS),
    Row("a schema without class", m.new_schema, drop("allOf.0"), 400, None, REGISTRY_OAS),
    Row("a schema with two classes", m.new_schema, m.with_reference(p.EVENT), 400, None, REGISTRY_OAS),
    Row(
        "a schema with an unknown reference", m.new_schema, m.with_reference("https://ns.adobe.com/unknown"), 400, None, INFERRED
    ),
    Row("a field group for another class", m.new_schema, m.with_reference(WEB_GROUP), 400, None, XDM_ERRORS),
    Row("a mismatched meta:class", m.new_schema, put("meta:class", p.EVENT), 400, None, INFERRED),
    Row("the union tag on a new schema", m.new_schema, put("meta:immutableTags", ["union"]), 400, None, INFERRED),
    Row("a duplicate title", m.new_schema, m.with_a_taken_title, 400, "XDM-1521-400", XDM_ERRORS),
    Row("fields outside the tenant namespace", m.new_field_group, m.outside_the_tenant, 400, "XDM-1021-400", XDM_ERRORS),
    Row("a field group without meta:intendedToExtend", m.new_field_group, drop("meta:intendedToExtend"), 400, None, REGISTRY_OAS),
    Row("a field group for an unknown class", m.new_field_group, put("meta:intendedToExtend", ["x"]), 400, None, INFERRED),
    Row(
        "a field without type",
        m.new_field_group,
        drop("definitions.crm.properties._localtenant.properties.crmId.type"),
        400,
        None,
        "xdm/api/getting-started.md",
    ),
    Row(
        "a field name with a leading underscore",
        m.new_field_group,
        put("definitions.crm.properties._localtenant.properties._x", {"type": "string"}),
        400,
        None,
        "xdm/api/getting-started.md",
    ),
    Row("a reference to an unknown definition", m.new_field_group, put("allOf.0.$ref", "#/definitions/x"), 400, None, INFERRED),
    Row(
        "the removal of a field from a schema in use",
        m.fewer_fields,
        m.of_the_schema_in_use,
        400,
        None,
        "xdm/schema/composition.md",
    ),
    Row(
        "the removal of a field from a field group in use",
        m.changed_field_group,
        m.of_the_field_group_in_use,
        400,
        None,
        "xdm/schema/composition.md",
    ),
    Row("the deletion of a schema in use", m.deleted_schema, m.of_the_schema_in_use, 400, None, "xdm/schema/composition.md"),
    Row("the deletion of a field group in use", m.deleted_field_group, m.of_the_field_group_in_use, 400, None, INFERRED),
    Row(
        "enabling a schema without identity for Profile",
        m.enabled_for_profile,
        m.without_identity,
        400,
        "XDM-1528-400",
        XDM_ERRORS,
    ),
    Row(
        "a patch of a server-managed field",
        m.changed_schema({"op": "replace", "path": "/title", "value": p.unique("t")}),
        put("0.path", "/version"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a patch of an unknown field",
        m.changed_schema({"op": "replace", "path": "/description", "value": "d"}),
        put("0.path", "/colour"),
        400,
        None,
        INFERRED,
    ),
    # descriptors
    Row("an unknown identity namespace", m.new_descriptor, put("xdm:namespace", "Unknown"), 400, None, INFERRED),
    Row(
        "a descriptor of an unknown field",
        m.new_descriptor,
        put("xdm:sourceProperty", "/personalEmail/colour"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a descriptor path with properties segments",
        m.new_descriptor,
        put("xdm:sourceProperty", "/properties/personalEmail/properties/address"),
        400,
        None,
        "xdm/api/descriptors.md",
    ),
    Row(
        "a descriptor path with a trailing slash",
        m.new_descriptor,
        put("xdm:sourceProperty", "/personalEmail/address/"),
        400,
        None,
        "xdm/api/descriptors.md",
    ),
    Row("a descriptor of an unknown schema version", m.new_descriptor, put("xdm:sourceVersion", 2), 400, None, INFERRED),
    Row("an unknown descriptor type", m.new_descriptor, put("@type", "xdm:descriptorUnknown"), 400, None, REGISTRY_OAS),
    Row("a descriptor of an unknown schema", m.new_descriptor, put("xdm:sourceSchema", "x"), 404, "XDM-1012-404", INFERRED),
    Row("a second primary identity", m.new_descriptor, m.second_primary_identity, 400, None, XDM_ERRORS),
    Row("an update without a required field", m.changed_descriptor, drop("xdm:namespace"), 400, None, "xdm/api/descriptors.md"),
    # Catalog
    Row("a dataset without name", m.new_dataset, drop("name"), 400, None, INFERRED),
    Row("a dataset without schema", m.new_dataset, drop("schemaRef"), 400, None, INFERRED),
    Row("a dataset of an unknown schema", m.new_dataset, put("schemaRef.id", "x"), 400, None, INFERRED),
    Row("an invalid schemaRef content type", m.new_dataset, put("schemaRef.contentType", "1.0"), 400, None, INFERRED),
    Row("a tag that is not a list", m.new_dataset, put("tags", {"team": "crm"}), 400, None, CATALOG_OAS),
    Row(
        "a Profile-enabled dataset of a schema without union tag",
        m.new_profile_dataset,
        m.of_a_schema_not_enabled_for_profile,
        400,
        None,
        XDM_ERRORS,
    ),
    Row("an update of the schema of a dataset", m.renamed_dataset, m.moved_to_another_schema, 400, None, INFERRED),
    Row("a patch below an unknown field", m.patched_dataset, put("0.path", "/unknown/team"), 400, None, INFERRED),
    Row("a limit of 0 datasets", datasets, with_query("limit=0"), 400, None, CATALOG_OAS),
    Row("a limit of 101 datasets", datasets, with_query("limit=101"), 400, None, CATALOG_OAS),
    Row("an invalid sort direction", datasets, with_query("orderBy=up:created"), 400, None, INFERRED),
    Row(
        "a read of an unknown dataset",
        m.read(f"{CATALOG}/dataSets", "dataset"),
        with_path(f"{CATALOG}/dataSets/5c8c"),
        404,
        None,
        CATALOG_OAS,
    ),
    Row("a read of an unknown batch", m.read_batch, with_path(f"{CATALOG}/batches/01X"), 404, None, CATALOG_OAS),
    Row("a limit of 101 batches", get(f"{CATALOG}/batches?limit=1"), with_query("limit=101"), 400, None, CATALOG_OAS),
    Row("an invalid createdAfter", get(f"{CATALOG}/batches?limit=1"), with_query("createdAfter=now"), 400, None, INFERRED),
    # Data Prep
    Row("a preview without rows", m.preview, put("data", []), 400, None, INFERRED),
    Row("a preview without mapping set", m.preview, drop("mappingSet"), 400, None, INFERRED),
    Row(
        "a preview with an unknown output schema",
        m.preview,
        put("mappingSet.outputSchema.schemaRef.id", "x"),
        400,
        None,
        INFERRED,
    ),
    Row("an expression validation without expression", m.expression_validation, drop("expression"), 400, None, PREP_OAS),
    Row("a mapping set without mappings", m.new_mapping_set, put("mappings", []), 400, None, INFERRED),
    Row("a mapping set without output schema", m.new_mapping_set, drop("outputSchema"), 400, None, INFERRED),
    Row("an unknown output schema", m.new_mapping_set, put("outputSchema.schemaRef.id", "x"), 400, None, INFERRED),
    Row("an unknown destination", m.new_mapping_set, put("mappings.0.destination", "person.colour"), 400, None, INFERRED),
    Row(
        "a duplicate destination", m.new_mapping_set, put("mappings.0.destination", "personalEmail.address"), 400, None, INFERRED
    ),
    Row("a mapping without source", m.new_mapping_set, drop("mappings.0.source"), 400, None, INFERRED),
    Row(
        "an expression over the maximum length",
        m.new_mapping_set,
        put("mappings.1.source", "x" * 4097),
        400,
        None,
        "Data Prep documentation",
    ),
    Row("a read of an unknown mapping set version", m.read_mapping_set, with_query("version=9"), 404, None, INFERRED),
    Row("a read of an unknown mapping set", m.read_mapping_set, with_path(f"{PREP}/mappingSets/0"), 404, None, INFERRED),
    # identity namespaces
    Row(
        "a duplicate namespace code",
        m.new_namespace,
        put("code", "Email"),
        409,
        "NAMESPACE_CODE_CONFLICT",
        "identity-service.yaml",
    ),
    Row(
        "a namespace code with a space",
        m.new_namespace,
        put("code", "two words"),
        400,
        "INVALID_REQUEST_PARAMS",
        "identity-service.yaml",
    ),
)

# Rows with requests that move Platform's clock ahead, which need a dedicated Platform.
CLOCK_ROWS = (
    Row("a re-trigger of a successful run", m.retriggered_run, m.of_a_run_that_succeeded, 400, "1387-400", SOURCE_ERRORS),
    Row("a re-trigger of a run of a disabled flow", m.retriggered_run, m.of_a_disabled_flow, 400, "1388-400", SOURCE_ERRORS),
    Row("an unknown run action", m.retriggered_run, with_query("op=STOP"), 400, "1401-400", SOURCE_ERRORS),
    Row("a run action without op", m.retriggered_run, with_query(""), 400, "1359-400", INFERRED),
    Row("a run action with an outdated If-Match", m.retriggered_run, header("If-Match", '"old"'), 412, "1404-412", INFERRED),
)

# --- strict mode ----------------------------------------------------------------------------------------------------

# Platform accepts these; strict mode, which is ours, rejects them.
STRICT_ROWS = (
    Row("an unknown auth param", m.new_base, put("auth.params.pin", "1"), 400, None, INFERRED),
    Row("a base connection with an unknown field", m.new_base, put("colour", "red"), 400, None, INFERRED),
    Row("a path param for a table", m.new_source, put("params.path", "Contact"), 400, None, INFERRED),
    Row("a table name for a file source", m.new_file_source, put("params.tableName", "Contact"), 400, None, INFERRED),
    Row("a delimiter for a table source", m.new_source, put("data.properties", {"columnDelimiter": ";"}), 400, None, INFERRED),
    Row(
        "a delta column that the source connection leaves out",
        m.new_flow,
        put("transformations.0.params.deltaColumn.name", "Phone"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a misspelled timezone field",
        m.new_flow,
        put("transformations.0.params.deltaColumn.timeZone", "UTC"),
        400,
        None,
        INFERRED,
    ),
    Row("an unknown option", m.new_flow, put("options", {"turbo": True}), 400, None, INFERRED),
    Row("an on-demand run with an unknown field", m.run_on_demand, put("colour", "red"), 400, None, INFERRED),
    Row("a schema with inline fields", m.new_schema, put("properties", {}), 400, None, INFERRED),
    Row("a dataset with an unknown field", m.new_dataset, put("colour", "red"), 400, None, INFERRED),
    Row(
        "a source type in the format of a read",
        m.new_mapping_set,
        put("mappings.0.sourceType", "text/x.schema-path"),
        400,
        None,
        PREP_OAS,
    ),
    Row("a mapping with an unknown field", m.new_mapping_set, put("mappings.0.colour", "red"), 400, None, INFERRED),
    Row("an $id set by the client", m.new_schema, put("$id", "https://ns.adobe.com/other"), 400, None, INFERRED),
    Row("a misspelled query parameter", schemas, with_query("limt=1"), 400, None, INFERRED),
    Row("a filter of datasets by an unknown field", datasets, with_query("colour=red"), 400, None, INFERRED),
)
