"""Uploads: the files of batches, small ones in one piece and large ones in parts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import FILE_PARTS, INGESTIONS, Objects

Json = dict[str, Any]

COLLECTION = "batchFiles"


@dataclass(frozen=True)
class Upload:
    """A file of a batch."""

    id: str
    """The id of the file in Data Access, which begins with that of its batch."""

    dataset_id: str
    path: str
    created: int
    is_complete: bool
    parts: tuple[tuple[int, int], ...]
    """The first byte of each part, and its length, in order."""

    @property
    def size(self) -> int:
        """The number of bytes up to the end of the last part."""
        return max((first + length for first, length in self.parts), default=0)

    @property
    def has_gaps(self) -> bool:
        """True if a part is missing."""
        return sum(length for _, length in self.parts) != self.size


def files_of(objects: Objects, batch_id: str, *, incomplete: bool = False) -> list[Upload]:
    """The files of a batch in the order of their creation; those whose upload has not ended only on request."""
    stored = objects.find(COLLECTION, batch_id) or {"files": []}
    files = [Upload(**{**each, "parts": tuple((first, length) for first, length in each["parts"])}) for each in stored["files"]]
    return [each for each in files if each.is_complete or incomplete]


def find(objects: Objects, batch_id: str, dataset_id: str, path: str) -> Upload | None:
    """The file of a batch with a path, or None."""
    files = files_of(objects, batch_id, incomplete=True)
    return next((each for each in files if (each.dataset_id, each.path) == (dataset_id, path)), None)


def find_by_id(objects: Objects, file_id: str) -> Upload | None:
    """The complete file with an id, or None."""
    return next((each for each in files_of(objects, file_id.rpartition("-")[0]) if each.id == file_id), None)


def start(objects: Objects, batch_id: str, dataset_id: str, path: str) -> Upload:
    """Begin a file, or begin it again without its content."""
    files = files_of(objects, batch_id, incomplete=True)
    old = find(objects, batch_id, dataset_id, path)
    for first, _ in old.parts if old else ():
        objects.remove(FILE_PARTS, f"{old.id if old else ''}/{first}")
    file_id = old.id if old else f"{batch_id}-{len(files) + 1}"
    upload = Upload(file_id, dataset_id, path, clock.now_ms(), is_complete=False, parts=())
    _save(objects, batch_id, [*(each for each in files if each.id != file_id), upload])
    return upload


def add_part(objects: Objects, upload: Upload, first: int, content: bytes) -> Upload:
    """Store a part of a file, in place of one that began at the same byte."""
    others = [part for part in upload.parts if part[0] != first]
    objects.put(FILE_PARTS, f"{upload.id}/{first}", {"base64": base64.b64encode(content).decode()})
    return _changed(objects, replace(upload, parts=tuple(sorted([*others, (first, len(content))]))))


def complete(objects: Objects, upload: Upload) -> Upload:
    """End the upload of a file."""
    return _changed(objects, replace(upload, is_complete=True))


def content_of(objects: Objects, upload: Upload) -> bytes:
    """The content of a file."""
    parts = (objects.find(FILE_PARTS, f"{upload.id}/{first}") or {"base64": ""} for first, _ in upload.parts)
    return b"".join(base64.b64decode(each["base64"]) for each in parts)


def delete_of_batch(objects: Objects, batch_id: str) -> None:
    """Delete all files of a batch."""
    for upload in files_of(objects, batch_id, incomplete=True):
        for first, _ in upload.parts:
            objects.remove(FILE_PARTS, f"{upload.id}/{first}")
    objects.remove(COLLECTION, batch_id)
    objects.remove(INGESTIONS, batch_id)


def _changed(objects: Objects, upload: Upload) -> Upload:
    batch_id = upload.id.rpartition("-")[0]
    files = files_of(objects, batch_id, incomplete=True)
    _save(objects, batch_id, [upload if each.id == upload.id else each for each in files])
    return upload


def _save(objects: Objects, batch_id: str, files: Sequence[Upload]) -> None:
    objects.put(COLLECTION, batch_id, {"id": batch_id, "files": [asdict(each) for each in files]})
