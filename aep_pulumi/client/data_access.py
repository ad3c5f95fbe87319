"""Data Access: the files of batches.

API quirks: a "file" of a batch is a list of files, each with a name; a list has no total; a file is read in parts, as a response
has a maximum size.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages, text
from aep_pulumi.errors import ResponseError

_BASE = "/data/foundation/export"
_PAGE = 100
_PART = 8 * 1024 * 1024
"""How many bytes of a file are read at once."""


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of a batch."""

    id: str
    """The id of the list of files that it is in."""
    name: str
    size: int
    """In bytes."""


def files_of(platform: Client, batch_id: str) -> Iterator[BatchFile]:
    """The files of a batch that hold rows."""
    for listed in _listed(platform, f"{_BASE}/batches/{quote(batch_id, safe='')}/files"):
        file_id = text(listed.get("dataSetFileId")) or ""
        for each in _listed(platform, f"{_BASE}/files/{quote(file_id, safe='')}"):
            name, length = text(each.get("name")) or "", str(each.get("length"))
            # Spark marks a folder that is complete with an empty file.
            if length.isdecimal() and int(length) and not name.startswith(("_", ".")):
                yield BatchFile(file_id, name, int(length))


def download(platform: Client, file: BatchFile, target: Path) -> None:
    """Write the content of a file to a new file."""
    path = f"{_BASE}/files/{quote(file.id, safe='')}"
    with target.open("xb") as written:
        while written.tell() < file.size:
            # Compressed, a part could not be found again in the whole.
            headers = {
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Range": f"bytes={written.tell()}-{min(written.tell() + _PART, file.size) - 1}",
            }
            response = platform.call("GET", path, query={"path": file.name}, headers=headers, is_file=True)
            if response.status != 206:
                # The whole file, as the server has no ranges.
                written.seek(0)
                written.write(response.content)
                return
            if not response.content:
                raise ResponseError(status=206, method="GET", path=path, message="the response contains no part of the file")
            written.write(response.content)


def _listed(platform: Client, path: str) -> Iterator[Body]:
    start, pages = 0, Pages(path)
    while True:
        response = platform.call("GET", path, query={"start": str(start), "limit": str(_PAGE)})
        body = response.body()
        items = body.get("data") if isinstance(body, Mapping) else None
        if not isinstance(items, list):
            raise ResponseError(status=response.status, method="GET", path=path, message="the response contains no list of files")
        pages.check(response, [start, items])
        yield from (item for item in items if isinstance(item, Mapping))
        if len(items) < _PAGE:
            return
        start += _PAGE
