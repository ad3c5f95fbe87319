"""Cache: what a survey has read, in a file, so that an interrupted one resumes. It contains no secrets."""

import json
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.redaction import without_credentials
from aep_pulumi.client.survey import Keeper, Objects
from aep_pulumi.settings import Settings

_FORMAT = 1
_LONGEST_S = 3600.0
"""How long what was read counts as current. What has changed since is detected in any case."""


class Cache(Keeper):
    """Keeps the objects of a survey in a file.

    Args:
        path: the file.
        settings: the sandbox and the credential, which may see other objects than another one.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._lock = path, threading.Lock()
        self._of = [settings.endpoint, settings.organization, settings.sandbox, settings.client_id]
        self._began_s, self._kinds = time.time(), dict[str, list[dict[str, Any]]]()
        self._load()
        self.is_resumed = bool(self._kinds)
        """Whether it contains what an earlier run has read."""

    def kept(self, kind: str) -> Objects | None:
        """The objects of a kind that were read before, or None."""
        kept = self._kinds.get(kind)
        return None if kept is None else {each["id"]: RemoteObject(**each) for each in kept}

    def keep(self, kind: str, objects: Objects) -> None:
        """Keep the objects of a kind."""
        with self._lock:
            self._kinds[kind] = [{**asdict(each), "body": without_credentials(each.body)} for each in objects.values()]
            content = {"format": _FORMAT, "of": self._of, "began_s": self._began_s, "kinds": self._kinds}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_text(json.dumps(content))
            partial.replace(self._path)

    def clear(self) -> None:
        """Forget everything: the survey was used, or is out of date."""
        self._began_s, self._kinds, self.is_resumed = time.time(), {}, False
        self._path.unlink(missing_ok=True)

    def _load(self) -> None:
        try:
            content = json.loads(self._path.read_text())
            is_mine = content["format"] == _FORMAT and content["of"] == self._of
            if is_mine and 0 <= time.time() - content["began_s"] < _LONGEST_S:
                self._began_s, self._kinds = content["began_s"], content["kinds"]
        except (OSError, ValueError, KeyError, TypeError):
            return
