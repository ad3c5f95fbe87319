"""Leases in a bucket: an object each, which is only written under the condition that nobody has changed it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from aep_pulumi.journals.leases import Holder, Taken
from aep_pulumi.journals.objects import PATIENCE_S, RESOLUTION_S, Bucket, Version

_FOLDER = "leases"
_CONSEQUENCE = "so nothing was started"
_KEPT = "so a lease is kept until it is stale"


@dataclass(frozen=True)
class _Found:
    """A stored lease. An empty token means that it was released: the object remains, because a deletion has no condition."""

    values: Mapping[str, Any]
    version: Version

    @property
    def token(self) -> str:
        return str(self.values.get("token") or "")

    @property
    def holder(self) -> Holder:
        since_s = float(self.values.get("since_s") or 0.0)
        return Holder.of(self.values.get("holder") or {}, since_s)

    def is_stale(self, now_s: float) -> bool:
        return now_s - self.version.modified_s > float(self.values.get("ttl_s") or 0.0) + RESOLUTION_S


class BucketLeases:
    """The leases in the bucket of a backend. See `Leases`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def take(self, name: str, token: str, holder: Holder, ttl_s: float) -> Taken | Holder:
        replaced = None
        while True:
            now_s = self._bucket.now_s(consequence=_CONSEQUENCE)
            found = self._read(name, _CONSEQUENCE)
            if found and found.token == token:
                return Taken(replaced)
            if found and found.token and not found.is_stale(now_s):
                return found.holder
            replaced = found.holder if found and found.token else None
            values = {"token": token, "ttl_s": ttl_s, "since_s": now_s, "holder": holder.stored()}
            if self._write(name, values, found, _CONSEQUENCE):
                return Taken(replaced)
            # Another was faster, or the response was lost: read it again.

    def renew(self, name: str, token: str, patience_s: float) -> bool:
        consequence = "so it is lost"
        while True:
            found = self._read(name, consequence, patience_s)
            if found is None or found.token != token:
                return False
            if self._write(name, found.values, found, consequence, patience_s):
                return True

    def release(self, name: str, token: str) -> None:
        while (found := self._read(name, _KEPT)) is not None and found.token == token:
            self._write(name, {}, found, _KEPT)

    def all(self) -> list[tuple[str, Holder, bool]]:
        consequence = "so leases are not known"
        now_s = self._bucket.now_s(consequence=consequence)
        names = [
            unquote(path.removeprefix(f"{_FOLDER}/")) for path in sorted(self._bucket.list(_FOLDER, consequence=consequence))
        ]
        found = ((name, self._read(name, consequence)) for name in names)
        return [(name, each.holder, each.is_stale(now_s)) for name, each in found if each and each.token]

    def clear(self, name: str) -> bool:
        now_s = self._bucket.now_s(consequence=_KEPT)
        found = self._read(name, _KEPT)
        return found is not None and bool(found.token) and found.is_stale(now_s) and self._write(name, {}, found, _KEPT)

    def _read(self, name: str, consequence: str, patience_s: float = PATIENCE_S) -> _Found | None:
        read = self._bucket.read(_path(name), consequence=consequence, patience_s=patience_s)
        if read is None:
            return None
        try:
            values = json.loads(read[0])
        except ValueError:
            values = {}
        return _Found(values, read[1])

    def _write(
        self, name: str, values: Mapping[str, Any], found: _Found | None, consequence: str, patience_s: float = PATIENCE_S
    ) -> bool:
        content = json.dumps(values).encode()
        version = found.version if found else None
        return self._bucket.write_if(_path(name), content, version, consequence=consequence, patience_s=patience_s)


def _path(name: str) -> str:
    return f"{_FOLDER}/{quote(name, safe='')}"
