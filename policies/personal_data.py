"""Rule `personal-data`: a dataset with personal data has an owner."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence

from known import UNKNOWN, at, text_at
from rule import Declared, Settings, StackRule, declare, sentence

from aep_pulumi.kinds import DATAFLOW, DATASET, MAPPING_SET, TARGET_CONNECTION

PATHS = ("*email*", "*phone*", "*person.name.*", "*firstname*", "*lastname*", "*fullname*")
"""Paths of e-mail addresses, phone numbers and names, in XDM's standard field groups and most custom ones."""


def personal_paths(mappings: object, patterns: Sequence[str] = PATHS) -> list[str]:
    """The mappings' destinations that hold personal data: paths like `personalEmail.address`, patterns like `*email*`."""
    items = mappings if isinstance(mappings, list) else []
    paths = [path for mapping in items if (path := text_at(mapping, "destination")) is not None]
    return [path for path in paths if any(fnmatch.fnmatchcase(path.lower(), pattern.lower()) for pattern in patterns)]


def _judge(resources: Sequence[Declared], settings: Settings) -> Iterator[tuple[Declared, str]]:
    destinations: dict[Declared, list[str]] = {}
    for dataflow in resources:
        mapping_set = dataflow.used("mapping_set_id")
        target = dataflow.used("target_connection_id")
        dataset = target.used("dataset_id") if target else None
        if mapping_set is not None and dataset is not None:
            paths = personal_paths(at(mapping_set.properties, "mappings"), settings["paths"])
            destinations.setdefault(dataset, []).extend(paths)
    tags = settings["tags"]
    for dataset, paths in destinations.items():
        if paths and not _is_tagged(dataset, tags):
            fields = ", ".join(list(dict.fromkeys(paths))[:5])
            yield (
                dataset,
                sentence(
                    says=f"tags has no {' or '.join(tags)}",
                    limit=f"which is required for personal data ({fields})",
                    fix=f'set tags={{"{next(iter(tags), "owner")}": ["…"]}}',
                ),
            )


def _is_tagged(dataset: Declared, names: Sequence[str]) -> bool:
    """Whether one of the tags has a value, or may have one that is not known yet."""
    tags = at(dataset.properties, "tags")
    if tags is UNKNOWN:
        return True
    for value in (at(tags, name) if isinstance(tags, Mapping) else None for name in names):
        if value is UNKNOWN or (isinstance(value, list) and any(item is UNKNOWN or str(item or "").strip() for item in value)):
            return True
    return False


def _example(dataset: Declared) -> list[Declared]:
    target = declare(TARGET_CONNECTION, "to-people", {"dataset_id": dataset})
    mapping = declare(MAPPING_SET, "mapping", {"mappings": [{"source": "Email", "destination": "personalEmail.address"}]})
    return [
        dataset,
        target,
        mapping,
        declare(DATAFLOW, "contacts", {"target_connection_id": target, "mapping_set_id": mapping}),
    ]


PERSONAL_DATA = StackRule(
    name="personal-data",
    description="A dataset with personal data has an owner.",
    judge=_judge,
    settings={
        "paths": {
            "type": "array",
            "items": {"type": "string"},
            "default": list(PATHS),
            "description": "The fields that hold personal data: paths as in a mapping's destination, where `*` matches any text. "
            "Case is ignored.",
        },
        "tags": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "default": ["owner", "label"],
            "description": "The tags of the dataset, at least one of which must have a value.",
        },
    },
    keeps=_example(declare(DATASET, "people", {"name": "People", "tags": {"owner": ["crm-team"]}})),
    breaks=_example(declare(DATASET, "people", {"name": "People"})),
    why="The rule checks what the dataflows of the stack map into datasets of the stack.",
)
