"""Flow Service and Data Prep: the calls from a connection to a flow and its runs."""

from __future__ import annotations

import time
from typing import Any

from aepp.catalog import Catalog  # type: ignore[import-not-found]
from aepp.dataprep import DataPrep  # type: ignore[import-not-found]
from aepp.flowservice import FlowManager, FlowService  # type: ignore[import-not-found]
from aepp.ingestion import DataIngestion  # type: ignore[import-not-found]
from data_calls import streamed
from recorder import Recorder

SALESFORCE = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
MAPPINGS = [
    {"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"},
    {"sourceType": "EXPRESSION", "source": "upper(LastName)", "destination": "person.name.lastName"},
]


def run(call: Recorder, schema_id: str, dataset_id: str) -> None:
    """Make the calls."""
    flows = call(FlowService)
    mapping = mappings(call, schema_id, dataset_id)
    specs(call, flows)
    base, source, target = connections(call, flows, schema_id, dataset_id)
    flow = dataflows(call, flows, source, target, mapping)
    runs(call, flows, flow, (source, target, mapping))
    failures(call, flow)
    manager(call, flow, mapping)
    landing_zone(call, flows, schema_id, dataset_id, mapping)
    exports(call, flows, dataset_id)
    streaming(call, flows, schema_id, dataset_id)
    profile_flows(call, flows)
    deletions(call, flows, {"source": source, "target": target, "base": base})


def mappings(call: Recorder, schema_id: str, dataset_id: str) -> str:
    """Mapping sets. Returns the id of one that is kept."""
    prep = call(DataPrep)
    mapping = call(prep.createMappingSet, schema_id, MAPPINGS)["id"]
    whole = {"outputSchema": {"schemaRef": {"id": schema_id}}, "mappings": MAPPINGS[:1]}
    other = call(prep.createMappingSet, mappingSet=whole, validate=True, verbose=True)["id"]
    read = call(prep.getMappingSet, mapping, save=True, saveMappingRules=True)
    call.check("it has both rules", holds=len(read["mappings"]) == 2)
    rules = call(prep.getMappingSet, mapping, mappingRulesOnly=True)
    call(prep.cleanMappingRules, read)
    call(prep.copyMappingRules, read, "_other")
    call.check("it is listed", holds=mapping in [each["id"] for each in call(prep.getMappingSets)])
    call(prep.getMappingSets, name="x", limit=5, expand_schema=True)
    call(prep.getMappingSets, prop=f"id=={mapping}")
    call.check("it has a new version", holds=call(prep.updateMappingSet, mapping, rules)["version"] == 1)
    call(prep.updateMappingSet, other, MAPPINGS, {"schemaRef": {"id": schema_id}})
    call(prep.getMappingSetMappings, other)
    made = call(prep.createMappingSetMapping, other, {**MAPPINGS[0], "destination": "person.name.middleName"})
    one = made["id"]
    call(prep.getMappingSetMapping, other, one)
    call(prep.updateMappingSetMapping, other, one, {**MAPPINGS[0], "destination": "person.name.fullName"})
    call(prep.deleteMappingSetMapping, other, one)
    shown = call(prep.previewDataOutput, {"FirstName": "Ann", "LastName": "Lee"}, {**whole, "mappings": MAPPINGS})
    call.check("it is mapped", holds="LEE" in str(shown))
    call(prep.getMappingSetFunctions)
    call(prep.getMappingSetOperators)
    call.check("it is valid", holds=call(prep.validateExpression, "upper(FirstName)") is True)
    call(prep.validateExpression, "concat(a, b)", other, '{"a": 1, "b": 2}', "application/json")
    call(prep.getMappingSuggestions, dataSetId=dataset_id)
    call(prep.deleteMappingSet, other)
    return str(mapping)


def specs(call: Recorder, flows: Any) -> None:
    """Specs of connections and flows."""
    call.check("there are specs", holds=len(call(flows.getConnectionSpecs)) > 5)
    call.check("they have names", holds="salesforce" in call(flows.getConnectionSpecsMap))
    call(flows.getConnectionSpec, SALESFORCE["id"])
    call.check("it is found", holds=call(flows.getConnectionSpecIdFromName, "salesforce") == SALESFORCE["id"])
    call(flows.getFlowSpecs)
    call.check("one has the name", holds=len(call(flows.getFlowSpecs, "name==CRMToAEP")) == 1)
    call(flows.getFlowSpec, CRM_TO_AEP)
    call.check("it is found", holds=call(flows.getFlowSpecIdFromNames, "CRMToAEP", "salesforce") == CRM_TO_AEP)


def connections(call: Recorder, flows: Any, schema_id: str, dataset_id: str) -> tuple[str, str, str]:
    """Connections. Returns the ids of a base, a source and a target connection."""
    params = {"environmentUrl": "https://a.my.salesforce.com", "username": "u", "password": "p", "securityToken": "t"}
    auth = {"specName": "Basic Authentication", "params": params}
    base = call(flows.createConnection, {"name": "aepp CRM", "auth": auth, "connectionSpec": SALESFORCE})["id"]
    call(flows.createConnection, name="aepp CRM 2", auth=auth, connectionSpec=SALESFORCE, responseType="raw")
    call.check("it is listed", holds=base in [each["id"] for each in call(flows.getConnections, limit=1, n_results="inf")])
    call(flows.getConnections, property="name==aepp CRM", orderby="-createdAt")
    call(flows.connectionTest, base)
    call.check("it has its name", holds=call(flows.getConnection, base)["name"] == "aepp CRM")
    call(flows.patchConnection, base, [{"op": "Add", "path": "/description", "value": "patched"}])
    call.check("it is patched", holds=call(flows.getConnection, base).get("description") == "patched")
    source_body = {
        "name": "aepp source",
        "baseConnectionId": base,
        "connectionSpec": SALESFORCE,
        "data": {"format": "tabular"},
        "params": {"tableName": "Contact"},
    }
    source = call(flows.createSourceConnection, source_body)["id"]
    call.check("it is listed", holds=source in [each["id"] for each in call(flows.getSourceConnections, limit=1)])
    read = call(flows.getSourceConnection, source)
    change = [{"op": "replace", "path": "/name", "value": "aepp renamed source"}]
    call(flows.updateSourceConnection, source, read["etag"], change)
    call(flows.createTargetConnection, "aepp target", DATA_LAKE, dataset_id, description="rows")
    schema = {"id": schema_id, "version": "application/vnd.adobe.xed-full+json;version=1"}
    target_body = {
        "name": "aepp typed target",
        "data": {"schema": schema},
        "params": {"dataSetId": dataset_id},
        "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
    }
    target = call(flows.createTargetConnection, data=target_body)["id"]
    call(flows.createTargetConnectionDataLake, "aepp lake", dataset_id, schema_id)
    call.check("it is listed", holds=target in [each["id"] for each in call(flows.getTargetConnections, limit=2)])
    read = call(flows.getTargetConnection, target)
    call(flows.updateTargetConnection, target, read["etag"], [{**change[0], "value": "aepp renamed target"}])
    return str(base), str(source), str(target)


def dataflows(call: Recorder, flows: Any, source: str, target: str, mapping: str) -> str:
    """Flows. Returns the id of one."""
    body = {
        "name": "aepp flow",
        "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
        "sourceConnectionIds": [source],
        "targetConnectionIds": [target],
        "transformations": [
            {"name": "Copy", "params": {"deltaColumn": {"name": "LastModifiedDate"}}},
            {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}},
        ],
        "scheduleParams": {"startTime": str(int(time.time()) + 3600), "frequency": "minute", "interval": "15"},
    }
    flow = call(flows.createFlow, CRM_TO_AEP, obj=body)["id"]
    call.check("it has its name", holds=call(flows.getFlow, flow)["name"] == "aepp flow")
    call.check("it is listed", holds=flow in [each["id"] for each in call(flows.getFlows)])
    call.check("it is a source", holds=flow in [each["id"] for each in call(flows.getFlows, onlySources=True)])
    call(flows.getFlows, onlyDestinations=True)
    for named in (
        {"prop": "name==aepp flow"},
        {"limit": 1, "n_results": "inf"},
        {"filterMappingSetIds": [mapping]},
        {"filterSourceIds": [source], "filterTargetIds": [target]},
    ):
        call.check(f"{named} finds it", holds=flow in [each["id"] for each in call(flows.getFlows, **named)])
    etag = call(flows.getFlow, flow)["etag"]
    call(flows.updateFlow, flow, etag, [{"op": "replace", "path": "/name", "value": "aepp renamed flow"}])
    call(flows.postFlowAction, flow, "disable")
    call.check("it is disabled", holds=call(flows.getFlow, flow)["state"] == "disabled")
    call(flows.postFlowAction, flow, "enable")
    # The client sends no etag, which it demands itself: it raises.
    call(flows.updatePolicy, flow, "policy")
    return str(flow)


def runs(call: Recorder, flows: Any, flow: str, ends: tuple[str, str, str]) -> None:
    """Runs: those of a schedule, and those that are requested, which only a flow without a schedule has."""
    source, target, mapping = ends
    now = int(time.time())
    body = {
        "name": "aepp flow once",
        "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
        "sourceConnectionIds": [source],
        "targetConnectionIds": [target],
        "transformations": [{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
        "scheduleParams": {"startTime": now + 60, "frequency": "once"},
    }
    once = call(flows.createFlow, CRM_TO_AEP, obj=body)["id"]
    window = {"startTime": now + 60, "windowStartTime": now - 3600, "windowEndTime": now}
    call(flows.createRun, once, params={**window, "deltaColumn": {"name": "LastModifiedDate"}})
    call(flows.createRun, once)
    call.pass_time(7200)
    call.check("both flows have runs", holds={each["flowId"] for each in call(flows.getRuns)} == {flow, once})
    found = call(flows.getRuns, limit=1, prop=[f"flowId=={flow}"], n_results="inf")
    call.check("pages lose nothing", holds=len({each["id"] for each in found}) == len(found) > 1)
    call(flows.getRuns, prop=f"flowId=={flow}")
    call.check("it is the run", holds=call(flows.getRun, found[0]["id"])[0]["id"] == found[0]["id"])


def failures(call: Recorder, flow: str) -> None:
    """A run that fails, and its batch."""
    reason = "The destination path person.name. is wrong. sourceField: a destinationField: b"
    call.fail_run(flow, "DPMAP-1100-400", reason)
    call.pass_time(1800)
    catalog = call(Catalog)
    call.check("its batch is failed", holds=len(call(catalog.getFailedBatchesDF)) == 1)
    call.check("the code is the mapper's", holds=call(catalog.getMapperErrors) is not None)


def manager(call: Recorder, flow: str, mapping: str) -> None:
    """A flow with all that belongs to it."""
    managed = call(FlowManager, flow)
    call.check("it knows its spec", holds=call(managed.summary)["flowSpecs"]["name"] == "CRMToAEP")
    call.check("it knows its dataset", holds=managed.flowTargetConnection["params"]["datasetName"] == "aepp dataset")
    call.check("it knows its schema", holds=managed.flowTargetConnection["data"]["schema"].get("name"))
    for read in (
        managed.getFlowSpec,
        managed.getSourceConnection,
        managed.getConnectionSpec,
        managed.getTargetConnection,
        managed.getTargetConnectionSpec,
        managed.getRuns,
    ):
        call(read)
    call(managed.getRuns, prop=["metrics.statusSummary.status==success"])
    managed = call(FlowManager, flow)
    call(managed.updateFlowMapping, mapping)
    managed = call(FlowManager, flow)
    call(managed.updateFlow, [{"op": "add", "path": "/description", "value": "managed"}])


def landing_zone(call: Recorder, flows: Any, schema_id: str, dataset_id: str, mapping: str) -> None:
    """Adobe's landing zone as a source."""
    call(flows.getLandingZoneContainer)
    call(flows.getLandingZoneStorageName)
    call(flows.getLandingZoneStorageTTL)
    call(flows.getLandingZoneContainerName)
    call(flows.getLandingZoneContainerTTL)
    call(flows.getLandingZoneCredential)
    call(flows.getLandingZoneSASUri)
    call(flows.getLandingZoneSASToken)
    call(flows.getLandingZoneNamespace)
    call(flows.getLandingZoneStorageAccountName)
    path = "dlz-user-container/contacts.csv"
    call.check("the file is there", holds=path in [each["path"] for each in call(flows.exploreLandingZone)])
    call(flows.exploreLandingZone, objectType="folder", object="dlz-user-container/crm/")
    call.check("it has columns", holds=call(flows.getLandingZoneContent, file=path)["schema"]["columns"])
    source = call(flows.createSourceConnectionDataLandingZone, "aepp zone source", path=path)["id"]
    target = call(flows.createTargetConnectionDataLake, "aepp zone target", dataset_id, schema_id)["id"]
    soon = str(int(time.time()) + 86_400)
    steps = {"transformation_mapping_id": mapping, "transformation_name": "Mapping"}
    call.check(
        "it is made", holds="id" in call(flows.createFlowDataLandingZoneToDataLake, "aepp zone", source, target, soon, **steps)
    )


def exports(call: Recorder, flows: Any, dataset_id: str) -> None:
    """Destinations: storages, and the export of datasets."""
    call(flows.createBaseConnectionS3Target, "aepp S3", "key", "secret")
    call(flows.createBaseConnectionBlobTarget, "aepp blob", "DefaultEndpointsProtocol=https;AccountName=a")
    base = call(flows.createBaseConnectionDLZTarget, "aepp zone")["id"]
    source = call(flows.createSourceConnectionDataLake, "aepp lake source", dataset_ids=[dataset_id])["id"]
    call(flows.createTargetConnectionDataLandingZone, "aepp zone out", path="/out")
    target = call(flows.createTargetConnectionDatasetToDataLandingZone, "aepp export", base, path="/out")["id"]
    soon = str(int(time.time()) + 86_400)
    made = call(flows.createFlowDataLakeToDataLandingZone, "aepp export", source, target, soon)["id"]
    call.check("it is a destination", holds=made in [each["id"] for each in call(flows.getFlows, onlyDestinations=True)])
    exportable = call(flows.getExportableDatasetsDLZ)
    call.check("the dataset is there", holds=dataset_id in [each["id"] for each in exportable])
    call.check("it is exported", holds="id" in call(flows.exportDatasetToDLZ, [dataset_id], scheduleStart=soon))


def streaming(call: Recorder, flows: Any, schema_id: str, dataset_id: str) -> None:
    """A streaming connection, and messages to it."""
    base = call(
        flows.createConnectionStreaming, "aepp stream", "aepp-source", paramName="aepp-stream", authenticationRequired=True
    )
    call(flows.createSourceConnectionStreaming, base["id"], "aepp stream source", format="json")
    call(flows.createSourceConnectionStreaming, base["id"], "aepp stream source 2", providerId=None, spec_id=None)
    made = call(flows.createFlowStreaming, datasetId=dataset_id)
    stream = call(flows.getConnection, made["source_connection_id"]["baseConnectionId"])
    inlet, flow = stream["auth"]["params"]["inletId"], made["flow"]["id"]
    message = streamed(flow, schema_id, dataset_id)
    api = call(DataIngestion)
    sent = call(api.streamMessage, inlet, message, format="json")
    call.check("it is accepted", holds="xactionId" in str(sent))
    call(api.streamMessage, inlet, message, flowId=flow, syncValidation=True, format="json")
    call(api.streamMessages, inlet, [message, message])


def profile_flows(call: Recorder, flows: Any) -> None:
    """Flows into Profile, of which there are none."""
    call(flows.createConnectionToUPS, "aepp profile")
    call(flows.getUPSFlows)
    call(flows.getUISFlows, resolveSourceDataset=True)
    call(flows.getUPSFlow, datasetName="aepp dataset")
    call(flows.getUISFlow, datasetId="0")


def deletions(call: Recorder, flows: Any, ids: dict[str, str]) -> None:
    """What is deleted at last."""
    # A connection that a flow uses cannot be deleted.
    for flow in call(flows.getFlows, filterSourceIds=[ids["source"]]):
        call.check("it is gone", holds=call(flows.deleteFlow, flow["id"]) == 204)
    call.check("it is gone", holds=call(flows.deleteSourceConnection, ids["source"]) == 204)
    call.check("it is gone", holds=call(flows.deleteTargetConnection, ids["target"]) == 204)
    call.check("it is gone", holds=call(flows.deleteConnection, ids["base"]) == 204)
