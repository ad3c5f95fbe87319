"""Rule `one-writer`: at most one dataflow writes to a dataset."""

from collections.abc import Iterator, Sequence

from known import at, text_at
from pulumi_policy import EnforcementLevel
from rule import Declared, Settings, StackRule, declare, is_exempt, sentence

from aep_pulumi.kinds import DATAFLOW, DATASET, TARGET_CONNECTION


def _judge(resources: Sequence[Declared], settings: Settings) -> Iterator[tuple[Declared, str]]:
    writers: dict[object, tuple[str, list[Declared]]] = {}
    known_ids = _known_ids(resources)
    for dataflow in resources:
        if at(dataflow.properties, "enabled") is False or is_exempt(dataflow, settings):
            continue
        target = dataflow.used("target_connection_id")
        if target is None:
            continue
        dataset, dataset_id = target.used("dataset_id"), text_at(target.properties, "dataset_id")
        dataset = dataset or known_ids.get(dataset_id)
        if dataset is None and dataset_id is None:
            continue
        name = str(dataset) if dataset else f"dataset {dataset_id}"
        writers.setdefault(dataset or dataset_id, (name, []))[1].append(dataflow)
    for name, (first, *others) in writers.values():
        for dataflow in others:
            yield (
                dataflow,
                sentence(
                    says=f"it writes to {name}",
                    limit=f"which {first} already writes to, and a dataset may have only one writer",
                    fix="give it its own dataset, or add it to `exempt` in the policy pack's settings",
                ),
            )


def _known_ids(resources: Sequence[Declared]) -> dict[str | None, Declared]:
    """The stack's datasets by id, if known: another target connection may refer to one by its literal id."""
    known: dict[str | None, Declared] = {}
    for target in resources:
        dataset, dataset_id = target.used("dataset_id"), text_at(target.properties, "dataset_id")
        if dataset is not None and dataset_id is not None:
            known[dataset_id] = dataset
    return known


_PEOPLE = declare(DATASET, "people", {"name": "People"})
_CONTACTS = declare(TARGET_CONNECTION, "contacts-to-people", {"dataset_id": _PEOPLE})
_LEADS = declare(TARGET_CONNECTION, "leads-to-people", {"dataset_id": _PEOPLE})

ONE_WRITER = StackRule(
    name="one-writer",
    description="At most one dataflow writes to a dataset.",
    judge=_judge,
    settings={},
    level=EnforcementLevel.MANDATORY,
    keeps=[_PEOPLE, _CONTACTS, declare(DATAFLOW, "contacts", {"target_connection_id": _CONTACTS})],
    breaks=[
        _PEOPLE,
        _CONTACTS,
        _LEADS,
        declare(DATAFLOW, "contacts", {"target_connection_id": _CONTACTS}),
        declare(DATAFLOW, "leads", {"target_connection_id": _LEADS}),
    ],
    why="If two dataflows read the same rows, each row is written twice. Disabled dataflows do not count.",
)
