"""Catalog, Batch Ingestion, Data Access, labels and streaming: the calls of the client's classes for data."""

from __future__ import annotations

from typing import Any

from aepp.catalog import Catalog, ObservableSchemaManager  # type: ignore[import-not-found]
from aepp.dataaccess import DataAccess  # type: ignore[import-not-found]
from aepp.datasets import DataSets  # type: ignore[import-not-found]
from aepp.ingestion import DataIngestion  # type: ignore[import-not-found]
from recorder import Recorder


def run(call: Recorder, schema_id: str) -> str:
    """Make the calls. Returns the id of a dataset."""
    catalog = call(Catalog)
    dataset = datasets(call, catalog, schema_id)
    batch = ingestion(call, dataset)
    batches(call, catalog, dataset, batch)
    access(call, dataset, batch)
    labels(call, dataset)
    return dataset


def dataset_id(answer: Any) -> str:
    """The id in the answer to a creation."""
    return str(answer[0]).removeprefix("@/dataSets/")


def datasets(call: Recorder, catalog: Any, schema_id: str) -> str:
    """Datasets. Returns the id of one that is kept."""
    dataset = dataset_id(call(catalog.createDataSet, name="aepp dataset", schemaId=schema_id))
    enabled = call(
        catalog.createDataSet,
        name="aepp enabled",
        schemaId=schema_id,
        profileEnabled=True,
        identityEnabled=True,
        tags={"team": ["crm"]},
        systemLabels=["core/C1"],
        unifiedTags=["t"],
    )
    upsert = call(catalog.createDataSet, name="aepp upsert", schemaId=schema_id, upsert=True, requestDataSource=True)
    whole = {"name": "aepp whole", "schemaRef": {"id": schema_id, "contentType": "application/vnd.adobe.xed+json;version=1"}}
    other = dataset_id(call(catalog.createDataSet, whole))
    call.check("they are stored", holds=enabled and upsert)
    call(catalog.createUnionProfileDataset)
    found = call(catalog.getDataSets)
    call.check("they are listed", holds={dataset, other} <= set(found))
    call(catalog.getDataSets, output="df")
    found = call(catalog.getDataSets, limit=2, output="list", orderBy="desc:created")
    call.check("pages lose nothing", holds=dataset in [each["id"] for each in found])
    for named in ({"name": "aepp dataset"}, {"property": f"schemaRef.id=={schema_id}"}, {"tags": "team:crm"}):
        call.check(f"{named} finds some", holds=call(catalog.getDataSets, **named))
    call(catalog.getDataSets, properties="name,tags,classification")
    call(catalog.getDatasetsInfos)
    call(catalog.getProfileSnapshotDatasets, flatten=True)
    call.check("it has its name", holds=call(catalog.getDataSet, dataset)[dataset]["name"] == "aepp dataset")
    observable = call(catalog.getDataSetObservableSchema, dataset, appendDatasetInfo=True)
    observed = call(ObservableSchemaManager, observable)
    call(observed.to_dict)
    call(observed.searchField, "person")
    call(catalog.enableDatasetProfile, dataset)
    call(catalog.enableDatasetProfile, other, upsert=True)
    call(catalog.enableDatasetUpsert, dataset)
    call(catalog.enableDatasetIdentity, dataset)
    tags = call(catalog.getDataSet, dataset)[dataset]["tags"]
    call.check("it is enabled", holds=tags["unifiedProfile"] == ["enabled:true", "isUpsert:true"])
    call(catalog.disableDatasetValidationContext, dataset)
    call(catalog.disableDatasetProfile, dataset)
    call(catalog.disableDatasetIdentity, dataset)
    call(catalog.patchDataset, dataset, {"description": "patched"})
    call(catalog.patchDatasetV2, dataset, {"tags": {"team": ["web"]}})
    call(catalog.setDatasetTTL, dataset, "P3M")
    stored = call(catalog.getDataSet, dataset)[dataset]
    call.check("it is patched", holds=stored["description"] == "patched" and stored["tags"]["team"] == ["web"])
    call(catalog.putDataset, other, {**call(catalog.getDataSet, other)[other], "name": "aepp replaced"})
    call(catalog.getResources)
    call(catalog.deleteDataSet, other)
    return dataset


def ingestion(call: Recorder, dataset: str) -> str:
    """Batches of files. Returns the id of one that is complete."""
    api = call(DataIngestion)
    batch = call(api.createBatch, dataset, enableDiagnostic=True, partialIngestionPercentage=5, tags={"team": ["crm"]})["id"]
    call(api.uploadSmallFile, batch, dataset, "rows.json", {"_id": "1"})
    call(api.headFileStatus, batch, dataset, "rows.json")
    call(api.getPreviewBatchDataset, batch, dataset)
    call(api.uploadSmallFileFinish, batch)
    large = call(api.createBatch, dataset, format="parquet")["id"]
    call(api.uploadLargeFileStartEnd, large, dataset, "rows.parquet")
    call(api.uploadLargeFilePart, large, dataset, "rows.parquet", b"PAR1PAR1", "bytes 0-7/8")
    call(api.uploadLargeFileStartEnd, large, dataset, "rows.parquet", action="COMPLETE")
    call(api.uploadSmallFileFinish, large, action="ABORT")
    lines = call(api.createBatch, dataset, multiline=True)["id"]
    call(api.uploadSmallFile, lines, dataset, "rows.json", [{"_id": "1"}])
    call(api.uploadSmallFileFinish, lines, action="COMPLETE", verbose=True)
    call(api.deleteBatch, lines)
    replay = {"predecessors": [batch], "reason": "replace"}
    call(api.createBatch, dataset, replay=replay)
    # The client sends PATCH to /batches, which Adobe does not document, and writes "$" before each id.
    call(api.replayBatch, dataset, [batch])
    return str(batch)


def batches(call: Recorder, catalog: Any, dataset: str, batch: str) -> None:
    """Batches in Catalog."""
    found = call(catalog.getBatches, dataSet=dataset)
    call.check("it is listed", holds=batch in found)
    call(catalog.getBatches, limit=1, n_results=3, output="dataframe", orderBy="desc:created")
    call(catalog.getBatches, status="success", createdAfter=1000, properties="status,created")
    call.check("it succeeded", holds=call(catalog.getBatch, batch)[batch]["status"] == "success")
    call(catalog.findActiveBatch, batch)
    call(catalog.getLastBatches)
    call(catalog.getLastBatches, dataset, limit=2, orderBy="desc:created", properties="status")
    call(catalog.getFailedBatchesDF)
    call(catalog.createBatch, {"relatedObjects": [{"type": "dataSet", "id": dataset}], "status": "active"})


def access(call: Recorder, dataset: str, batch: str) -> None:
    """The files of a batch."""
    api = call(DataAccess)
    files = call(api.getBatchFiles, batch)
    call.check("it has files", holds=files)
    call(api.getBatchFiles, batch, limit=1, start=0)
    call(api.getBatchFailed, batch)
    call(api.getBatchFailed, batch, limit=5)
    call(api.getBatchMeta, batch)
    call(api.getBatchMeta, batch, path="input_files")
    file = files[0]["dataSetFileId"]
    listed = call(api.getFiles, file)
    name = listed["data"][0]["name"]
    call(api.getHeadFile, file, name)
    call.check("its row is there", holds=b"_id" in call(api.getFiles, file, path=name))
    call(api.getFiles, file, start="0", limit=1)
    call.check("the dataset has the row", holds=call(api.getPreview, dataset) == [{"_id": "1"}])


def labels(call: Recorder, dataset: str) -> None:
    """Labels of a dataset."""
    api = call(DataSets)
    body = {"labels": ["core/C1"], "optionalLabels": []}
    call(api.createLabels, dataset, body)
    call(api.getLabelSchemaTests, dataset)
    head = call(api.headLabels, dataset)
    etag = head.get("etag") or "*"
    call(api.updateLabels, dataset, {**body, "labels": ["core/C2"]}, etag)
    call(api.deleteLabels, dataset, "*")


def streamed(flow_id: str, schema_id: str, dataset_id: str) -> dict[str, Any]:
    """A message for a streaming connection, as the client's reference has it."""
    schema = {"id": schema_id, "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    return {
        "header": {
            "schemaRef": schema,
            "imsOrgId": "LOCAL@AdobeOrg",
            "datasetId": dataset_id,
            "flowId": flow_id,
            "source": {"name": "aepp"},
        },
        "body": {"xdmMeta": {"schemaRef": schema}, "xdmEntity": {"person": {"name": {"firstName": "Jane"}}}},
    }
