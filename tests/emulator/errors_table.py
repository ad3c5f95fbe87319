"""Errors: for each rule of Platform one request that breaks it, and one that differs by that mistake alone.

`where` names the page or the OpenAPI file that documents the error, or says `inferred`.
"""

from __future__ import annotations

from dataclasses import dataclass

import breaches as b
import pipelines as p
from breaches import Spoil, Valid, asking, drop, get, header, put, raw, to
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
    """One line of the table."""

    name: str
    valid: Valid
    spoil: Spoil
    status: int
    code: str | None
    where: str


flows = get(f"{FLOW}/flows")
schemas = get(f"{REGISTRY}/tenant/schemas", p.XED_ID)
datasets = get(f"{CATALOG}/dataSets?limit=1")
NOBODY = "00000000-0000-0000-0000-000000000000"
LEADS = "object=/crm/leads.csv&fileType=DELIMITED"
WEB_GROUP = f"{p.CONTEXT}/experienceevent-web"

# --- the table ------------------------------------------------------------------------------------------------------

ROWS = (
    # the gateway
    Row("a call without a token", flows, header("Authorization", None), 403, "403010", GATEWAY),
    Row("a token nobody issued", flows, header("Authorization", "Bearer x"), 401, "401013", GATEWAY),
    Row("a token of another scheme", flows, header("Authorization", "Basic x"), 401, "401013", INFERRED),
    Row("no api key", flows, header("x-api-key", None), 403, "403000", GATEWAY),
    Row("another client's api key", flows, header("x-api-key", "other"), 403, "403003", GATEWAY),
    Row("no organisation", flows, header("x-gw-ims-org-id", None), 400, "400003", GATEWAY),
    Row("another organisation", flows, header("x-gw-ims-org-id", "OTHER@AdobeOrg"), 403, "403025", GATEWAY),
    Row("a body without content type", b.new_base, header("Content-Type", None), 400, None, GATEWAY),
    Row("a body of another type", b.new_dataset, header("Content-Type", "text/plain"), 400, None, GATEWAY),
    Row("a route that does not exist", flows, to("/foundation/flowservice/streams"), 404, None, INFERRED),
    # IMS
    Row("a token asked for without scope", b.token, b.without("scope"), 400, "invalid_request", INFERRED),
    Row("a token asked for without secret", b.token, b.without("client_secret"), 400, "invalid_request", INFERRED),
    Row("another secret", b.token, b.without("client_secret", "wrong"), 401, "invalid_client", INFERRED),
    Row("another client", b.token, b.without("client_id", "wrong"), 401, "invalid_client", INFERRED),
    Row("another grant", b.token, b.without("grant_type", "password"), 400, "unsupported_grant_type", INFERRED),
    Row("scopes with spaces between", b.token, b.without("scope", "openid+session"), 400, "invalid_scope", INFERRED),
    # sandboxes
    Row("no sandbox", flows, header("x-sandbox-name", None), 400, "2105-400", FLOW_ERRORS),
    Row("an unknown sandbox", flows, header("x-sandbox-name", "attic"), 404, "2100-404", FLOW_ERRORS),
    Row("all sandboxes at once", flows, header("x-sandbox-name", "*"), 403, "2111-403", FLOW_ERRORS),
    Row("a sandbox by id", flows, header("x-sandbox-id", NOBODY), 400, "2110-400", FLOW_ERRORS),
    Row("the registry without sandbox", schemas, header("x-sandbox-name", None), 400, None, INFERRED),
    Row("the registry in an unknown sandbox", schemas, header("x-sandbox-name", "attic"), 404, None, INFERRED),
    Row("Catalog without sandbox", datasets, header("x-sandbox-name", None), 400, None, INFERRED),
    Row(
        "a sandbox that does not exist",
        get("/foundation/sandbox-management/sandboxes/dev"),
        to("/foundation/sandbox-management/sandboxes/attic"),
        404,
        None,
        INFERRED,
    ),
    # base connections
    Row("a base connection without name", b.new_base, drop("name"), 400, "1304-400", SOURCE_ERRORS),
    Row("a base connection without auth", b.new_base, drop("auth"), 400, "1304-400", SOURCE_ERRORS),
    Row("an unknown connection spec", b.new_base, put("connectionSpec.id", NOBODY), 400, "1413-400", FLOW_ERRORS),
    Row("a login the source has not", b.new_base, put("auth.specName", "Magic"), 400, "1415-400", FLOW_ERRORS),
    Row("a login without password", b.new_base, drop("auth.params.password"), 400, "1304-400", SOURCE_ERRORS),
    Row("a login with an unknown param", b.new_base, put("auth.params.pin", "1"), 400, None, INFERRED),
    Row("a base connection with an unknown field", b.new_base, put("colour", "red"), 400, None, INFERRED),
    Row("a name that is no text", b.new_base, put("name", 5), 400, None, INFERRED),
    Row("an empty body", b.new_base, raw(b" "), 400, "1405-400", FLOW_ERRORS),
    Row("an empty object", b.new_base, raw(b"{}"), 400, "1405-400", FLOW_ERRORS),
    Row("a body that is no JSON", b.new_base, raw(b'{"name": NaN}'), 400, None, INFERRED),
    Row(
        "a base connection that is not there",
        b.read(f"{FLOW}/connections", "base"),
        to(f"{FLOW}/connections/{NOBODY}"),
        404,
        "1101-404",
        FLOW_ERRORS,
    ),
    Row("a change without If-Match", b.renamed_base, header("If-Match", None), 400, "1403-400", FLOW_ERRORS),
    Row("a change of an old version", b.renamed_base, header("If-Match", '"old"'), 412, "1404-412", FLOW_ERRORS),
    Row("a move", b.renamed_base, put("0.op", "move"), 400, "1434-400", FLOW_ERRORS),
    Row("a path that cannot change", b.renamed_base, put("0.path", "/state"), 400, "1365-400", SOURCE_ERRORS),
    Row("another connection spec", b.renamed_base, put("0.path", "/connectionSpec/id"), 400, "1414-400", FLOW_ERRORS),
    Row("a replacement by nothing", b.renamed_base, drop("0.value"), 400, "1455-400", FLOW_ERRORS),
    Row("a patch that is no list", b.renamed_base, raw(b'{"op":"add"}'), 400, "1455-400", FLOW_ERRORS),
    Row(
        "new params that lack one",
        b.changed_base({"op": "replace", "path": "/auth/params", "value": p.base_connection()["auth"]["params"]}),
        drop("0.value.securityToken"),
        400,
        "1304-400",
        SOURCE_ERRORS,
    ),
    Row("a deletion under a flow", b.deleted_base, b.that_a_flow_needs("base"), 400, "1418-400", FLOW_ERRORS),
    # lists and explore
    Row("limit and count", get(f"{FLOW}/flows?limit=1"), asking("limit=1&count=true"), 400, "1401-400", FLOW_ERRORS),
    Row("an unknown query parameter", flows, asking("colour=red"), 400, "1451-400", FLOW_ERRORS),
    Row("a sort order with !", get(f"{FLOW}/flows?orderby=name"), asking("orderby=!name"), 400, "1432-400", FLOW_ERRORS),
    Row("a sort by no field", flows, asking("orderby=colour"), 400, "1433-400", FLOW_ERRORS),
    Row("an unknown operator", get(f"{FLOW}/flows?property=name==a"), asking("property=name=a"), 400, "1450-400", FLOW_ERRORS),
    Row("many values that are not equal", flows, asking("property=name!=a,b"), 400, "1443-400", FLOW_ERRORS),
    Row("a filter without value", flows, asking("property=createdAt=="), 400, "1453-400", FLOW_ERRORS),
    Row("a page of nothing", get(f"{FLOW}/flows?limit=1"), asking("limit=0"), 400, None, INFERRED),
    Row("a look at no type", b.explored("objectType=root"), asking("object=Contact"), 400, "1359-400", SOURCE_ERRORS),
    Row("a look at another type", b.explored("objectType=root"), asking("objectType=tree"), 400, "1358-400", SOURCE_ERRORS),
    Row(
        "a look at no table",
        b.explored("objectType=table&object=Contact"),
        asking("objectType=table&object="),
        400,
        "1337-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a look at an unknown table",
        b.explored("objectType=TABLE&object=Contact"),
        asking("objectType=TABLE&object=Attic"),
        400,
        "1330-400",
        SOURCE_ERRORS,
    ),
    # source connections
    Row("a source without connection spec", b.new_source, drop("connectionSpec"), 400, "1304-400", FLOW_OAS),
    Row("a source without data", b.new_source, drop("data"), 400, "1304-400", FLOW_OAS),
    Row("a source without base", b.new_source, drop("baseConnectionId"), 400, "1304-400", SOURCE_ERRORS),
    Row("a source on an unknown base", b.new_source, put("baseConnectionId", NOBODY), 404, "1101-404", INFERRED),
    Row("a source of another spec", b.new_source, put("connectionSpec.id", p.DYNAMICS), 400, "1413-400", INFERRED),
    Row("a source of files", b.new_source, put("data.format", "delimited"), 400, "1327-400", SOURCE_ERRORS),
    Row("an unknown table", b.new_source, put("params.tableName", "Attic"), 400, "1330-400", SOURCE_ERRORS),
    Row("an unknown column", b.new_source, put("params.columns.0.name", "Colour"), 400, None, INFERRED),
    Row("a column twice", b.new_source, put("params.columns.0.name", "Email"), 400, None, INFERRED),
    Row("a path for a table", b.new_source, put("params.path", "Contact"), 400, None, INFERRED),
    Row("a filter of another type", b.filtered_source, put("params.filters.type", "SQL"), 400, "1355-400", SOURCE_ERRORS),
    Row("a filter of another format", b.filtered_source, put("params.filters.format", "sql"), 400, "1356-400", SOURCE_ERRORS),
    Row("a filter of nothing", b.filtered_source, put("params.filters.value", {}), 400, "1357-400", SOURCE_ERRORS),
    Row("a filter where none can be", b.filtered_source, b.on_veeva, 400, "1353-400", SOURCE_ERRORS),
    Row("a source deleted under a flow", b.deleted_source, b.that_a_flow_needs("source"), 400, "1447-400", INFERRED),
    # files
    Row("a file as a table", b.new_file_source, put("data.format", "tabular"), 400, "1327-400", SOURCE_ERRORS),
    Row("a file without path", b.new_file_source, drop("params.path"), 400, "1304-400", INFERRED),
    Row("a table for a file", b.new_file_source, put("params.tableName", "Contact"), 400, None, INFERRED),
    Row("a wide delimiter", b.new_file_source, put("data.properties.columnDelimiter", ";;"), 400, "1331-400", SOURCE_ERRORS),
    Row("a table with a delimiter", b.new_source, put("data.properties", {"columnDelimiter": ";"}), 400, None, INFERRED),
    Row("a file by the spec of tables", b.new_file_flow, put("flowSpec.id", p.CRM_TO_AEP), 400, None, INFERRED),
    Row("a delta column of a file", b.new_file_flow, b.with_a_delta_column, 400, None, INFERRED),
    Row("a table in a storage", b.explored_storage("objectType=root"), asking("objectType=table"), 400, "1358-400", INFERRED),
    Row(
        "a look at no folder",
        b.explored_storage("objectType=folder&object=/crm"),
        asking("objectType=folder"),
        400,
        "1337-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a look at an unknown folder",
        b.explored_storage("objectType=FOLDER&object=/crm/"),
        asking("objectType=folder&object=/attic"),
        400,
        "1308-400",
        INFERRED,
    ),
    *(
        Row(
            f"a look at {what}",
            b.explored_storage(f"objectType=file&{LEADS}"),
            asking(f"objectType=file&{query}"),
            400,
            code,
            where,
        )
        for what, query, code, where in (
            ("a file of no type", "object=/crm/leads.csv", "1359-400", SOURCE_ERRORS),
            ("a file of an unknown type", "object=/crm/leads.csv&fileType=xml", "1399-400", SOURCE_ERRORS),
            ("a file of another type", "object=/crm/leads.csv&fileType=parquet", "1396-400", INFERRED),
            ("an unknown file", "object=/crm/attic.csv&fileType=delimited", "1308-400", INFERRED),
        )
    ),
    # target connections
    Row("a target that is no lake", b.new_target, put("connectionSpec.id", p.SALESFORCE), 400, "1307-400", SOURCE_ERRORS),
    Row("a target without dataset", b.new_target, put("params.dataSetId", ""), 400, "1325-400", SOURCE_ERRORS),
    Row("a target without data", b.new_target, drop("data"), 400, "1304-400", FLOW_OAS),
    Row("a target of an unknown dataset", b.new_target, put("params.dataSetId", "5c8c"), 400, None, INFERRED),
    Row("a target of another schema", b.new_target, b.of_another_schema, 400, None, INFERRED),
    Row("a target of no version", b.new_target, put("data.schema.version", "1"), 400, None, INFERRED),
    # flows
    Row("a flow with a state", b.new_flow, put("state", "enabled"), 400, "1410-400", FLOW_ERRORS),
    Row("a flow without spec", b.new_flow, drop("flowSpec"), 400, "1304-400", FLOW_OAS),
    Row("a flow of an unknown spec", b.new_flow, put("flowSpec.id", NOBODY), 400, "1413-400", FLOW_ERRORS),
    Row("a flow of files", b.new_flow, put("flowSpec.id", p.CLOUD_STORAGE_TO_AEP), 400, None, INFERRED),
    Row("a flow from nowhere", b.new_flow, put("sourceConnectionIds", []), 400, "1320-400", SOURCE_ERRORS),
    Row("a flow from two sources", b.new_flow, put("sourceConnectionIds", [NOBODY] * 2), 400, "1321-400", SOURCE_ERRORS),
    Row("a flow into two targets", b.new_flow, put("targetConnectionIds", [NOBODY] * 2), 400, "1321-400", SOURCE_ERRORS),
    Row("a flow from an unknown source", b.new_flow, put("sourceConnectionIds", [NOBODY]), 404, "1101-404", INFERRED),
    Row("a flow without mapping", b.new_flow, drop("transformations.1"), 400, "1370-400", SOURCE_ERRORS),
    Row("an unknown mapping set", b.new_flow, put("transformations.1.params.mappingId", "x"), 400, "1419-400", FLOW_ERRORS),
    Row("an unknown version", b.new_flow, put("transformations.1.params.mappingVersion", 9), 400, "1412-400", FLOW_ERRORS),
    Row("a mapping without id", b.new_flow, drop("transformations.1.params.mappingId"), 400, "1328-400", SOURCE_ERRORS),
    Row("a mapping for another schema", b.new_flow, b.mapped_elsewhere, 400, "1425-400", FLOW_ERRORS),
    Row("an unknown transformation", b.new_flow, put("transformations.0.name", "Fold"), 400, None, INFERRED),
    Row("no delta column", b.new_flow, drop("transformations.0"), 400, "1367-400", SOURCE_ERRORS),
    Row(
        "a delta column that is not read", b.new_flow, put("transformations.0.params.deltaColumn.name", "X"), 400, None, INFERRED
    ),
    Row(
        "a zone spelled as the docs' table does",
        b.new_flow,
        put("transformations.0.params.deltaColumn.timeZone", "UTC"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a delta column of a flow that runs once",
        b.flow_once,
        put("transformations", p.flow("", "", "x")["transformations"]),
        400,
        "1369-400",
        SOURCE_ERRORS,
    ),
    Row("no schedule", b.new_flow, drop("scheduleParams"), 400, "1317-400", SOURCE_ERRORS),
    Row("no start", b.new_flow, drop("scheduleParams.startTime"), 400, "1304-400", "tutorial, scheduleSpec"),
    Row("a start in the past", b.new_flow, put("scheduleParams.startTime", 1567411548), 400, "1360-400", SOURCE_ERRORS),
    Row(
        "a start in the past, as text", b.new_flow, put("scheduleParams.startTime", "1567411548"), 400, "1360-400", SOURCE_ERRORS
    ),
    Row("an interval with once", b.flow_once, put("scheduleParams.interval", 1), 400, "1361-400", SOURCE_ERRORS),
    Row("a backfill with once", b.flow_once, put("scheduleParams.backfill", value=True), 400, "1364-400", SOURCE_ERRORS),
    Row("an interval of 14 minutes", b.new_flow, put("scheduleParams.interval", 14), 400, "1362-400", SOURCE_ERRORS),
    Row("an interval of no hours", b.flow_hourly, put("scheduleParams.interval", 0), 400, "1362-400", SOURCE_ERRORS),
    Row("an interval that is no number", b.new_flow, put("scheduleParams.interval", "soon"), 400, "1363-400", SOURCE_ERRORS),
    Row("no interval", b.new_flow, drop("scheduleParams.interval"), 400, "1304-400", "tutorial, scheduleSpec"),
    Row("another frequency", b.new_flow, put("scheduleParams.frequency", "fortnight"), 400, "1397-400", SOURCE_ERRORS),
    Row("a flow with a mode", b.new_flow, asking("mode=draft"), 400, "1368-400", SOURCE_ERRORS),
    Row("options nobody knows", b.new_flow, put("options", {"turbo": True}), 400, None, INFERRED),
    Row("a start moved after it passed", b.later, b.once_begun, 400, "1366-400", SOURCE_ERRORS),
    Row(
        "a start moved into the past",
        b.later,
        put("0.value", 1567411548),
        400,
        "1360-400",
        SOURCE_ERRORS,
    ),
    Row("once, after the start", b.turned_to_once, b.frequency_first_of_a_begun_flow, 400, "1403-400", SOURCE_ERRORS),
    Row(
        "a backfill changed after the start",
        b.changed_flow("/scheduleParams/backfill", value=False),
        b.once_begun,
        400,
        "1404-400",
        SOURCE_ERRORS,
    ),
    Row(
        "a flow moved to another spec",
        b.changed_flow("/name", "renamed"),
        put("0.path", "/flowSpec/id"),
        400,
        "1365-400",
        SOURCE_ERRORS,
    ),
    Row("an action nobody knows", b.acted, asking("op=dance"), 400, "1398-400", SOURCE_ERRORS),
    Row("an action without name", b.acted, asking("subOp=apply"), 400, "1359-400", SOURCE_ERRORS),
    Row("a flow spec of one's own", get(f"{FLOW}/flowSpecs"), b.by("POST"), 400, "1426-400", FLOW_ERRORS),
    Row(
        "a flow that is not there",
        b.read(f"{FLOW}/flows", "flow"),
        to(f"{FLOW}/flows/{NOBODY}"),
        404,
        "1101-404",
        FLOW_ERRORS,
    ),
    # runs
    Row("a run of a flow with a schedule", b.run_on_demand, b.of_the_scheduled_flow, 400, "1386-400", SOURCE_ERRORS),
    Row("a run of no flow", b.run_on_demand, put("flowId", ""), 400, "1446-400", FLOW_ERRORS),
    Row("a run of an unknown flow", b.run_on_demand, put("flowId", NOBODY), 400, "1430-400", FLOW_ERRORS),
    Row("a run of nothing", b.run_on_demand, drop("params"), 400, "1384-400", SOURCE_ERRORS),
    Row("a run without end", b.run_on_demand, drop("params.windowEndTime"), 400, "1384-400", INFERRED),
    Row("a run with a time that is none", b.run_on_demand, put("params.startTime", "soon"), 400, "1384-400", INFERRED),
    Row("a run that ends before", b.run_on_demand, put("params.windowEndTime", 1), 400, "1381-400", SOURCE_ERRORS),
    Row("a first run without delta column", b.run_on_demand, drop("params.deltaColumn"), 400, "1383-400", SOURCE_ERRORS),
    Row("a run by an unknown column", b.run_on_demand, put("params.deltaColumn.name", "Colour"), 400, None, INFERRED),
    Row("a run by another column", b.second_run_on_demand, put("params.deltaColumn.name", "Id"), 400, "1382-400", SOURCE_ERRORS),
    Row("a run with an unknown field", b.run_on_demand, put("colour", "red"), 400, None, INFERRED),
    Row("a run changed by a user", b.read_run, b.by("PUT"), 400, "1427-400", FLOW_ERRORS),
    Row("a run that is not there", b.read_run, to(f"{FLOW}/runs/{NOBODY}"), 404, "1101-404", INFERRED),
    # the registry: Accept
    Row("a list without Accept", schemas, header("Accept", "*/*"), 400, "XDM-1006-400", REGISTRY_OAS),
    Row("a list with a version", schemas, header("Accept", p.XED), 400, "XDM-1006-400", REGISTRY_OAS),
    Row(
        "a lookup without version",
        b.lookup,
        header("Accept", "application/vnd.adobe.xed+json"),
        400,
        "XDM-1007-400",
        REGISTRY_OAS,
    ),
    Row("a lookup without Accept", b.lookup, header("Accept", "application/json"), 400, "XDM-1007-400", REGISTRY_OAS),
    Row(
        "a list of descriptors as schemas",
        get(f"{REGISTRY}/tenant/descriptors", p.XDM),
        header("Accept", p.XED_ID),
        400,
        "XDM-1008-400",
        REGISTRY_OAS,
    ),
    Row("another major version", b.lookup, header("Accept", p.XED.replace("1", "2")), 404, "XDM-1012-404", REGISTRY_OAS),
    Row(
        "a schema that is not there",
        b.lookup,
        to(f"{REGISTRY}/tenant/schemas/_localtenant.schemas.0"),
        404,
        "XDM-1012-404",
        REGISTRY_OAS,
    ),
    Row(
        "a limit without order",
        get(f"{REGISTRY}/tenant/schemas?limit=1&orderby=title", p.XED_ID),
        asking("limit=1"),
        400,
        None,
        REGISTRY_OAS,
    ),
    # the registry: schemas and field groups
    Row("a schema without description", b.new_schema, drop("description"), 400, None, REGISTRY_OAS),
    Row("a schema of no type", b.new_schema, put("type", "string"), 400, None, REGISTRY_OAS),
    Row("a schema with own fields", b.new_schema, put("properties", {}), 400, None, INFERRED),
    Row("a schema without class", b.new_schema, drop("allOf.0"), 400, None, REGISTRY_OAS),
    Row("a schema of two classes", b.new_schema, b.also(p.EVENT), 400, None, REGISTRY_OAS),
    Row("a schema of something unknown", b.new_schema, b.also("https://ns.adobe.com/attic"), 400, None, INFERRED),
    Row("a field group of another class", b.new_schema, b.also(WEB_GROUP), 400, None, XDM_ERRORS),
    Row("another class than it says", b.new_schema, put("meta:class", p.EVENT), 400, None, INFERRED),
    Row("a union from the start", b.new_schema, put("meta:immutableTags", ["union"]), 400, None, INFERRED),
    Row("a title that is taken", b.new_schema, b.with_a_taken_title, 400, "XDM-1521-400", XDM_ERRORS),
    Row("fields outside the tenant's", b.new_field_group, b.outside_the_tenant, 400, "XDM-1021-400", XDM_ERRORS),
    Row("a field group for nobody", b.new_field_group, drop("meta:intendedToExtend"), 400, None, REGISTRY_OAS),
    Row("a field group for no class", b.new_field_group, put("meta:intendedToExtend", ["x"]), 400, None, INFERRED),
    Row(
        "a field without type",
        b.new_field_group,
        drop("definitions.crm.properties._localtenant.properties.crmId.type"),
        400,
        None,
        "xdm/api/getting-started.md",
    ),
    Row(
        "a field named with _",
        b.new_field_group,
        put("definitions.crm.properties._localtenant.properties._x", {"type": "string"}),
        400,
        None,
        "xdm/api/getting-started.md",
    ),
    Row("a definition that is not there", b.new_field_group, put("allOf.0.$ref", "#/definitions/x"), 400, None, INFERRED),
    Row("a field less in use", b.fewer_fields, b.of_the_schema_in_use, 400, None, "xdm/schema/composition.md"),
    Row(
        "a field less in a group in use",
        b.changed_field_group,
        b.of_the_field_group_in_use,
        400,
        None,
        "xdm/schema/composition.md",
    ),
    Row("a schema deleted in use", b.deleted_schema, b.of_the_schema_in_use, 400, None, "xdm/schema/composition.md"),
    Row("a field group deleted in use", b.deleted_field_group, b.of_the_field_group_in_use, 400, None, INFERRED),
    Row("Profile without identity", b.into_the_union, b.without_identity, 400, "XDM-1528-400", XDM_ERRORS),
    Row(
        "a field the server sets",
        b.changed_schema({"op": "replace", "path": "/title", "value": p.unique("t")}),
        put("0.path", "/version"),
        400,
        None,
        INFERRED,
    ),
    Row(
        "a patch of nothing",
        b.changed_schema({"op": "replace", "path": "/description", "value": "d"}),
        put("0.path", "/colour"),
        400,
        None,
        INFERRED,
    ),
    # descriptors
    Row("an unknown namespace", b.new_descriptor, put("xdm:namespace", "Attic"), 400, None, INFERRED),
    Row("an unknown field", b.new_descriptor, put("xdm:sourceProperty", "/personalEmail/colour"), 400, None, INFERRED),
    Row(
        "a path with properties in it",
        b.new_descriptor,
        put("xdm:sourceProperty", "/properties/personalEmail/properties/address"),
        400,
        None,
        "xdm/api/descriptors.md",
    ),
    Row(
        "a path that ends in /",
        b.new_descriptor,
        put("xdm:sourceProperty", "/personalEmail/address/"),
        400,
        None,
        "xdm/api/descriptors.md",
    ),
    Row("another version", b.new_descriptor, put("xdm:sourceVersion", 2), 400, None, INFERRED),
    Row("a descriptor of another kind", b.new_descriptor, put("@type", "xdm:descriptorAttic"), 400, None, REGISTRY_OAS),
    Row("a descriptor of no schema", b.new_descriptor, put("xdm:sourceSchema", "x"), 404, "XDM-1012-404", INFERRED),
    Row("a second primary identity", b.new_descriptor, b.a_second_primary, 400, None, XDM_ERRORS),
    Row("a change without a field", b.changed_descriptor, drop("xdm:namespace"), 400, None, "xdm/api/descriptors.md"),
    # Catalog
    Row("a dataset without name", b.new_dataset, drop("name"), 400, None, INFERRED),
    Row("a dataset without schema", b.new_dataset, drop("schemaRef"), 400, None, INFERRED),
    Row("a dataset of an unknown schema", b.new_dataset, put("schemaRef.id", "x"), 400, None, INFERRED),
    Row("a content type of nothing", b.new_dataset, put("schemaRef.contentType", "1.0"), 400, None, INFERRED),
    Row("a tag that is no list", b.new_dataset, put("tags", {"team": "crm"}), 400, None, CATALOG_OAS),
    Row("a dataset with an unknown field", b.new_dataset, put("colour", "red"), 400, None, INFERRED),
    Row("Profile without union", b.new_profile_dataset, b.of_a_schema_outside_the_union, 400, None, XDM_ERRORS),
    Row("a dataset moved to another schema", b.renamed_dataset, b.moved_to_another_schema, 400, None, INFERRED),
    Row("a patch without parent", b.patched_dataset, put("0.path", "/attic/team"), 400, None, INFERRED),
    Row("a page of no datasets", datasets, asking("limit=0"), 400, None, CATALOG_OAS),
    Row("a page of 101 datasets", datasets, asking("limit=101"), 400, None, CATALOG_OAS),
    Row("a sort of no direction", datasets, asking("orderBy=up:created"), 400, None, INFERRED),
    Row(
        "a dataset that is not there",
        b.read(f"{CATALOG}/dataSets", "dataset"),
        to(f"{CATALOG}/dataSets/5c8c"),
        404,
        None,
        CATALOG_OAS,
    ),
    Row("a batch that is not there", b.read_batch, to(f"{CATALOG}/batches/01X"), 404, None, CATALOG_OAS),
    Row("a page of 101 batches", get(f"{CATALOG}/batches?limit=1"), asking("limit=101"), 400, None, CATALOG_OAS),
    Row("batches since no time", get(f"{CATALOG}/batches?limit=1"), asking("createdAfter=now"), 400, None, INFERRED),
    # Data Prep
    Row("a preview of no rows", b.previewed, put("data", []), 400, None, INFERRED),
    Row("a preview of no mapping set", b.previewed, drop("mappingSet"), 400, None, INFERRED),
    Row("a preview into an unknown schema", b.previewed, put("mappingSet.outputSchema.schemaRef.id", "x"), 400, None, INFERRED),
    Row("a judgement of no expression", b.judged, drop("expression"), 400, None, PREP_OAS),
    Row("a mapping set of nothing", b.new_mapping_set, put("mappings", []), 400, None, INFERRED),
    Row("a mapping set into nothing", b.new_mapping_set, drop("outputSchema"), 400, None, INFERRED),
    Row("an unknown output schema", b.new_mapping_set, put("outputSchema.schemaRef.id", "x"), 400, None, INFERRED),
    Row("an unknown destination", b.new_mapping_set, put("mappings.0.destination", "person.colour"), 400, None, INFERRED),
    Row("one destination twice", b.new_mapping_set, put("mappings.0.destination", "personalEmail.address"), 400, None, INFERRED),
    Row(
        "a source type as it is read", b.new_mapping_set, put("mappings.0.sourceType", "text/x.schema-path"), 400, None, PREP_OAS
    ),
    Row("a mapping from nothing", b.new_mapping_set, drop("mappings.0.source"), 400, None, INFERRED),
    Row("a mapping with an unknown field", b.new_mapping_set, put("mappings.0.colour", "red"), 400, None, INFERRED),
    Row("an expression too long", b.new_mapping_set, put("mappings.1.source", "x" * 4097), 400, None, "Data Prep documentation"),
    Row("a version that is not there", b.read_mapping_set, asking("version=9"), 404, None, INFERRED),
    Row("a list without start", get(f"{PREP}/mappingSets?limit=1&start=0"), asking("limit=1"), 400, None, PREP_OAS),
    Row("a mapping set that is not there", b.read_mapping_set, to(f"{PREP}/mappingSets/0"), 404, None, INFERRED),
    # identity namespaces
    Row("a code that is taken", b.new_namespace, put("code", "Email"), 409, "NAMESPACE_CODE_CONFLICT", "identity-service.yaml"),
    Row("a code of two words", b.new_namespace, put("code", "two words"), 400, "INVALID_REQUEST_PARAMS", "identity-service.yaml"),
)

# Rows whose requests move Platform's clock ahead: they need a Platform of their own.
LATER_ROWS = (
    Row("a success started again", b.started_again, b.of_a_run_that_succeeded, 400, "1387-400", SOURCE_ERRORS),
    Row("a run of a disabled flow started again", b.started_again, b.of_a_disabled_flow, 400, "1388-400", SOURCE_ERRORS),
    Row("another action of a run", b.started_again, asking("op=STOP"), 400, "1401-400", SOURCE_ERRORS),
    Row("a run acted on without op", b.started_again, asking(""), 400, "1359-400", INFERRED),
    Row("an old version of a run", b.started_again, header("If-Match", '"old"'), 412, "1404-412", INFERRED),
)
