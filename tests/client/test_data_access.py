"""Data Access: the files of a batch are listed completely, and read in parts."""

from pathlib import Path
from typing import Any

import pytest
from stand_in import StandIn, answer, scripted

from aep_pulumi.client import catalog, data_access
from aep_pulumi.client.data_access import BatchFile
from aep_pulumi.client.transport import Response
from aep_pulumi.errors import NotFoundError, ResponseError

MIB = 1024 * 1024


def listing(*items: dict[str, Any]) -> Response:
    return answer(200, {"data": list(items), "_page": {"limit": 100, "count": len(items)}})


def part(content: bytes) -> Response:
    return answer(206, content=content)


def downloaded(tmp_path: Path, size: int, *script: Response) -> tuple[bytes, StandIn]:
    platform = scripted(*script)
    target = tmp_path / "rows"
    data_access.download(platform.platform(), BatchFile("f 1", "part 0", size), target)
    return target.read_bytes(), platform


def test_a_large_file_is_read_in_parts(tmp_path: Path) -> None:
    content = bytes(range(256)) * (10 * MIB // 256)
    read, platform = downloaded(tmp_path, len(content), part(content[: 8 * MIB]), part(content[8 * MIB :]))
    assert read == content
    assert [request.headers["Range"] for request in platform.requests] == ["bytes=0-8388607", "bytes=8388608-10485759"]
    assert {request.headers["Accept-Encoding"] for request in platform.requests} == {"identity"}
    assert platform.request_lines == ["GET /data/foundation/export/files/f%201"] * 2
    assert [request.query for request in platform.requests] == [{"path": "part 0"}] * 2


def test_a_part_that_is_short_is_continued(tmp_path: Path) -> None:
    read, platform = downloaded(tmp_path, 5, part(b"ab"), part(b"cde"))
    assert read == b"abcde"
    assert platform.requests[1].headers["Range"] == "bytes=2-4"


def test_a_server_without_ranges_returns_the_whole_file(tmp_path: Path) -> None:
    read, platform = downloaded(tmp_path, 3, answer(200, content=b"\xff\xfe\x00"))
    assert (read, len(platform.requests)) == (b"\xff\xfe\x00", 1)


def test_a_file_without_content_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResponseError, match="contains no part of the file"):
        downloaded(tmp_path, 3, part(b""))


def test_an_error_is_read_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="has expired"):
        downloaded(tmp_path, 3, answer(404, {"title": "has expired"}))


def test_all_files_of_all_pages_are_listed_without_those_that_hold_no_rows() -> None:
    names = [f"part-{number}" for number in range(101)]
    pages = [[{"name": name, "length": "3"} for name in names[:100]], [{"name": names[100], "length": "3"}]]
    others = [{"name": "_SUCCESS", "length": "0"}, {"name": "empty", "length": "0"}, {"name": "odd", "length": "many"}]
    platform = scripted(
        listing({"dataSetFileId": "f1"}, {"dataSetFileId": "f2"}), listing(*pages[0]), listing(*pages[1]), listing(*others)
    )
    files = list(data_access.files_of(platform.platform(), "b/1"))
    assert files == [BatchFile("f1", name, 3) for name in names]
    assert platform.request_lines[0] == "GET /data/foundation/export/batches/b%2F1/files"
    assert [request.query.get("start") for request in platform.requests] == ["0", "0", "100", "0"]


@pytest.mark.parametrize("body", [{}, [], {"data": None}])
def test_a_list_without_files_is_malformed(body: object) -> None:
    with pytest.raises(ResponseError, match="contains no list of files"):
        list(data_access.files_of(scripted(answer(200, body)).platform(), "b1"))


def test_only_batches_whose_rows_are_in_the_dataset_are_read() -> None:
    bodies = {
        "b1": {"status": "success", "created": 2000, "recordCount": 7},
        "b2": {"status": "failed", "recordCount": 0},
        "b3": {"status": "inactive", "recordCount": 7},
        "b4": {"status": "success", "recordCount": 0},
        "b5": {"status": "active", "created": 1000},
        "b6": {"status": "loading"},
        "b7": None,
    }
    full = {f"x{number}": {"status": "staging"} for number in range(93)}
    platform = scripted(answer(200, {**bodies, **full}), answer(200, {"b8": {"status": "success"}}))
    found = list(catalog.batches_with_rows(platform.platform(), "d1"))
    assert [(each.id, each.made_at_s) for each in found] == [("b1", 2.0), ("b5", 1.0), ("b8", None)]
    assert [request.query for request in platform.requests] == [
        {"dataSet": "d1", "limit": "100", "start": start, "orderBy": "desc:created"} for start in ("0", "100")
    ]
    with pytest.raises(ResponseError, match="contains no list of batches"):
        list(catalog.batches_with_rows(scripted(answer(200, [])).platform(), "d1"))
