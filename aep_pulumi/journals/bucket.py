"""Bucket journal: the pending creates of all machines, as objects of the bucket that also holds the states."""

import json
import os
import socket
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

from aep_pulumi.errors import JournalError
from aep_pulumi.journals.entries import KEPT_S, Entries, Entry, parsed, stored, warn_on_failure
from aep_pulumi.journals.objects import RESOLUTION_S, Bucket, Version
from aep_pulumi.journals.owners import Owner, has_ended, place

TTL_S, RENEW_S = 60.0, 10.0
"""How long an owner that does not renew its object counts as alive, and how often it renews it."""

_PENDING, _DONE, _OWNERS = "journal/pending", "journal/done", "journal/owners"
_NOTHING_SENT = "so nothing was sent"
_UNKNOWN = "so it is not known which creates are pending"
_KEPT = "so the entry stays as it is"


@dataclass(frozen=True)
class _Found:
    """A pending create as stored: the entry's text, its owner, and the unique token of the owner's claim."""

    entry: str
    owner: str
    hold: str
    version: Version

    def stored(self) -> bytes:
        return json.dumps({"entry": self.entry, "owner": self.owner, "hold": self.hold}).encode()


class BucketJournal:
    """The journal in a bucket: an object per create, and one per process that owns some. See `Journal`.

    An object is only changed under the condition that nobody else has changed it. What was read is kept by version, so that
    reading the entries again is one list.
    """

    doubt_s = TTL_S + RESOLUTION_S

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._owner = Owner(self._renew, RENEW_S, self._prune)
        self._holds: dict[str, str] = {}
        self._read_before: dict[tuple[str, Version], bytes] = {}

    def claim(self, entry: Entry) -> Entry:
        key, hold = f"{entry.content}-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        claimed = replace(entry, key=key, host=socket.gethostname(), process=os.getpid(), time_s=time.time())
        self._owner.start()
        new = _Found(stored(claimed), self._owner.id, hold, Version(None, None, 0.0))
        is_written = self._bucket.write_if(_path(key), new.stored(), None, consequence=_NOTHING_SENT)
        # The key is new: if the object exists, this was the second attempt after a lost response.
        if not is_written and ((found := self._find(key)) is None or found.hold != hold):
            raise JournalError(f"{self._bucket.name} rejects the record of a pending create, {_NOTHING_SENT}: check the bucket")
        self._holds[key] = hold
        return claimed

    def inherit(self, entry: Entry) -> bool:
        found = self._find(entry.key)
        if entry.key in self._holds or found is None or self._alive({found.owner}):
            return False
        self._owner.start()
        hold = uuid.uuid4().hex
        mine = replace(found, owner=self._owner.id, hold=hold)
        if not self._bucket.write_if(_path(entry.key), mine.stored(), found.version, consequence=_NOTHING_SENT):
            now = self._find(entry.key)  # after a lost response it may be ours all the same
            if now is None or now.hold != hold:
                return False
        self._holds[entry.key] = hold
        return True

    def for_content(self, content: str) -> Entries:
        return [*self._pending(f"{_PENDING}/{content}"), *self._done(f"{_DONE}/{content}")]

    def pending(self, urn: str = "") -> Entries:
        return [entry for entry in self._pending(_PENDING) if urn in {"", entry.urn}]

    def completed(self) -> Entries:
        return self._done(_DONE)

    def confirm(self, entry: Entry) -> None:
        if self._find_mine(entry) is None:
            raise JournalError(
                f"this process could not reach {self._bucket.name} for {TTL_S:.0f} s, and another took over the create of "
                f"{entry.name}, so nothing more was sent: run `aep recover`, then `pulumi up`"
            )

    def update(self, entry: Entry) -> None:
        with warn_on_failure(entry):
            if found := self._find_mine(entry):
                changed = replace(found, entry=stored(entry))
                self._bucket.write_if(_path(entry.key), changed.stored(), found.version, consequence=_KEPT)

    def complete(self, entry: Entry, object_id: str) -> None:
        with warn_on_failure(entry):
            completed = stored(replace(entry, object_id=object_id)).encode()
            self._bucket.write(f"{_DONE}/{entry.content}/{entry.key}", completed, consequence=_KEPT)
            self._bucket.delete(_path(entry.key), consequence=_KEPT)
            self._holds.pop(entry.key, None)

    def withdraw(self, entry: Entry) -> None:
        with warn_on_failure(entry):
            if self._find_mine(entry):
                self._bucket.delete(_path(entry.key), consequence=_KEPT)
            self._holds.pop(entry.key, None)

    def release(self, entry: Entry) -> None:
        if entry.key not in self._holds:
            return
        with warn_on_failure(entry):
            if found := self._find_mine(entry):
                free = replace(found, owner="", hold="")
                self._bucket.write_if(_path(entry.key), free.stored(), found.version, consequence=_KEPT)
            self._holds.pop(entry.key, None)

    # -- reading --------------------------------------------------------------------------------------------------------

    def _pending(self, folder: str) -> Entries:
        found = {path.rpartition("/")[2]: _found(content, version) for path, content, version in self._objects(folder)}
        alive = self._alive({each.owner for each in found.values()})
        return [parsed(each.entry, key, is_alive=each.owner in alive) for key, each in found.items()]

    def _done(self, folder: str) -> Entries:
        objects = self._objects(folder)
        return [parsed(content.decode(errors="replace"), path.rpartition("/")[2], is_alive=False) for path, content, _ in objects]

    def _objects(self, folder: str) -> list[tuple[str, bytes, Version]]:
        """The objects below a folder, without those that are deleted meanwhile."""
        objects = []
        for path, version in sorted(self._bucket.list(folder, consequence=_UNKNOWN).items()):
            content = self._read_before.get((path, version))
            if content is None:
                read = self._bucket.read(path, consequence=_UNKNOWN)
                if read is None:
                    continue
                content, version = read  # noqa: PLW2901 - it may have changed since the list
                self._read_before[path, version] = content
            objects.append((path, content, version))
        return objects

    def _find(self, key: str) -> _Found | None:
        read = self._bucket.read(_path(key), consequence=_UNKNOWN)
        return _found(*read) if read else None

    def _find_mine(self, entry: Entry) -> _Found | None:
        found = self._find(entry.key)
        return found if found and found.hold and found.hold == self._holds.get(entry.key) else None

    def _alive(self, owners: set[str]) -> set[str]:
        """Those of some owners that are alive."""
        others = owners - {"", self._owner.id}
        alive = owners & {self._owner.id}
        if others:
            now_s = self._bucket.now_s(consequence=_UNKNOWN)
            for path, version in self._bucket.list(_OWNERS, consequence=_UNKNOWN).items():
                owner = path.rpartition("/")[2]
                if owner in others and now_s - version.modified_s <= TTL_S + RESOLUTION_S and not self._has_ended(path):
                    alive.add(owner)
        return alive

    def _has_ended(self, path: str) -> bool:
        read = self._bucket.read(path, consequence=_UNKNOWN)
        values = _values(read[0]) if read else {}
        return has_ended(str(values.get("place") or ""), int(values.get("process") or 0))

    # -- this process ---------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        me = {"host": socket.gethostname(), "place": place(), "process": os.getpid()}
        self._bucket.write(f"{_OWNERS}/{self._owner.id}", json.dumps(me).encode(), consequence=_NOTHING_SENT)

    def _prune(self) -> None:
        before_s = self._bucket.now_s(consequence=_KEPT) - KEPT_S
        pending = self._objects(_PENDING)
        contents, owners = {path.split("/")[-2] for path, _, _ in pending}, {_found(*each[1:]).owner for each in pending}
        for path, version in self._bucket.list(_DONE, consequence=_KEPT).items():
            if version.modified_s < before_s and path.split("/")[-2] not in contents:
                self._bucket.delete(path, consequence=_KEPT)
        for path, version in self._bucket.list(_OWNERS, consequence=_KEPT).items():
            if version.modified_s < before_s and path.rpartition("/")[2] not in owners:
                self._bucket.delete(path, consequence=_KEPT)


def _path(key: str) -> str:
    return f"{_PENDING}/{key.partition('-')[0]}/{key}"


def _found(content: bytes, version: Version) -> _Found:
    values = _values(content)
    entry, owner, hold = (str(values.get(name) or "") for name in ("entry", "owner", "hold"))
    return _Found(entry, owner, hold, version)


def _values(content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
