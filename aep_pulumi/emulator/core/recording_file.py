"""Recording file: all requests and responses of a process as lines of JSON, secrets masked. Unlike the request log, unbounded."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class RecordingFile:
    """A file in a folder, which several processes may share; each line is complete before its response is sent."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{uuid.uuid4()}.jsonl").open("a", encoding="utf-8")

    def write(self, entry: Json, headers: Mapping[str, str], omitted: str | None, response: Json) -> None:
        """Append an entry of the request log, with the request's headers, why its body is omitted if it is, and the response."""
        self._file.write(json.dumps({**entry, "headers": headers, "body_omitted": omitted, "response": response}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
