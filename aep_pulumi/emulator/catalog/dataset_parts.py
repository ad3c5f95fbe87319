"""Dataset parts: the credentials and files of datasets, and the values of tags over all objects."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.catalog.listing import list_response
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import DATASETS
from aep_pulumi.emulator.data_access import data_files
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]

FILE_QUERY = ("batch", "batchId", "dataSet", "dataSetId")


def credentials(call: Call) -> Reply:
    """Return where a dataset's files are, and local credentials that open nothing."""
    dataset = call.objects.find(DATASETS, call.ids["id"])
    if dataset is None:
        raise errors.problem(404, f"The dataset {call.ids['id']} was not found.")  # inferred envelope
    batch_id = call.query_value("batchId")
    body = {
        "dataSetId": dataset["id"],
        "path": dataset["basePath"],
        "credentials": {
            "name": f"dataset_{dataset['id']}",
            "adlsType": "local",
            "adlsUri": dataset["basePath"],
            "hadoopUri": dataset["basePath"],
            "clientId": call.client.id,
            "clientKey": f"local-key-{clock.now_ms()}",
            "tenantId": organisation.TENANT,
        },
    }
    # OpenAPI: only a writer, who names a batch, has a stage path.
    return Reply(200, {**body, "stagePath": f"{dataset['basePath']}/stage/{batch_id}"} if batch_id else body)


def files(call: Call) -> Reply:
    """Return a page of the files of a batch or dataset."""
    batch_id, dataset_id = call.query_value("batch") or call.query_value("batchId"), call.query_value("dataSetId")
    dataset_id = dataset_id or call.query_value("dataSet")
    found = [
        (each.id, data_files.catalog_entry(each, batch))
        for batch in batches.all_batches(call.objects, dataset_id)
        if batch_id in {None, batch["id"]}
        for each in data_files.of_batch(call.objects, batch)
        if dataset_id in {None, each.dataset_id}
    ]
    return list_response(call, found, FILE_QUERY, lambda _: True)


def tag_values(call: Call) -> Reply:
    """Return all values of a tag, and the objects that have it."""
    name = call.ids["namespace"]
    holders = {
        "datasets": [(f"@/dataSets/{each['id']}", each["tags"]) for each in call.objects.all(DATASETS)],
        "batches": [(f"@/batches/{each['id']}", each["tags"]) for each in batches.all_batches(call.objects)],
    }
    values: list[str] = []
    by_type: dict[str, list[str]] = {}
    for kind, objects in holders.items():
        for reference, tags in objects:
            if name in tags:
                by_type.setdefault(kind, []).append(reference)
                values += tags[name] if isinstance(tags[name], list) else [str(tags[name])]
    return Reply(200, {name: list(dict.fromkeys(values)), "objectType": by_type})
