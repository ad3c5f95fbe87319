"""Judging: what went wrong in a chaos run: the states are compared with Platform, and all output is searched for secrets."""

import base64
import itertools
import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, quote_plus

COUNTS = ("duplicates", "orphans", "lost", "leaks", "unrecovered", "shared")
"""The counts that must be 0."""

LONGEST_FLIGHT_S = 8.0
"""Seconds without a request after which a create is no longer in flight."""

TOKEN = re.compile(rb"local-token-[A-Za-z0-9_-]{20,}")
"""The access tokens issued by the local Platform, recognised by their pattern."""


@dataclass
class Verdict:
    """What went wrong in a run, and which faults and kills it had."""

    seed: int
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    leaks: int = 0
    unrecovered: int = 0
    shared: int = 0
    """Objects that two stacks own."""
    collisions: int = 0
    """How often two stacks had the same content in flight at once."""
    decisions: int = 0
    """How often a person had to decide which stack owns an object."""
    in_flight: int = 0
    """The most requests that one stack had in flight at once."""
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not any(getattr(self, name) for name in COUNTS)

    def add(self, count: str, reason: str) -> None:
        """Increment a count and record the reason."""
        setattr(self, count, getattr(self, count) + 1)
        self.reasons.append(reason)


def compare(verdict: Verdict, states: Iterable[Mapping[str, Any]], remote: list[Mapping[str, Any]]) -> None:
    """Compare the states of all stacks with the objects on Platform.

    An object only on Platform is a duplicate if some state has an object of that name, else an orphan; an object only in a state
    is lost; an object in two states is shared.
    """
    known = Counter(object_id for state in states for object_id in ids_in(state))
    ours = {item.get("name") for item in remote if item["id"] in known}
    for item in remote:
        if item["id"] not in known:
            twin = item.get("name") in ours
            verdict.add("duplicates" if twin else "orphans", f"{'duplicate' if twin else 'orphan'}: {json.dumps(item)}")
    for missing in sorted(known.keys() - {item["id"] for item in remote}):
        verdict.add("lost", f"lost: {missing}")
    for shared in sorted(object_id for object_id, owners in known.items() if owners > 1):
        verdict.add("shared", f"shared: {shared}")


def ids_in(state: Mapping[str, Any]) -> set[str]:
    """The ids of the objects that a state owns."""
    resources = state["deployment"].get("resources") or []
    return {resource["id"] for resource in resources if "/aep:" in resource["type"]}


def flights(log: Path) -> dict[str, tuple[float, float]]:
    """When each create of a request log was in flight, in seconds: from its first POST to the last request of its resource."""
    spans: dict[str, tuple[float, float]] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        entry = json.loads(line)
        if not (key := entry.get("resource")):
            continue
        began_s = datetime.fromisoformat(entry["time"]).timestamp()
        ended_s = began_s + entry["duration_ms"] / 1000
        if key in spans or entry["method"] == "POST":
            first_s, last_s = spans.get(key, (began_s, ended_s))
            if began_s - last_s < LONGEST_FLIGHT_S:
                spans[key] = (first_s, max(last_s, ended_s))
    return spans


def in_flight(log: Path) -> int:
    """The most creates at once in a request log."""
    changes = [change for first_s, last_s in flights(log).values() for change in ((first_s, 1), (last_s, -1))]
    return max(itertools.accumulate(change for _at, change in sorted(changes)), default=0)


def collisions(logs: Iterable[Path]) -> int:
    """Count how often two stacks had the same content in flight at once, by their logs; equal resources have equal content."""
    flown = [flights(log) for log in logs]
    return sum(
        one[key][0] < two[key][1] and two[key][0] < one[key][1]
        for at, one in enumerate(flown)
        for two in flown[at + 1 :]
        for key in one.keys() & two.keys()
    )


def encodings(secret: str) -> dict[str, list[bytes]]:
    """The encodings in which a secret may appear in a text: plain, quoted for JSON or a URL, or inside base64."""
    clear = secret.encode()
    # In base64 the first and last characters depend on the neighbouring bytes: search for the middle, at each offset.
    inside = [base64.b64encode(b"\0" * lead + clear)[(0, 2, 3)[lead] : -4 or None] for lead in range(3)]
    return {
        "clear": [clear],
        "json": [json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode()],
        "url": [quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()],
        "base64": [*inside, *(form.replace(b"+", b"-").replace(b"/", b"_") for form in inside)],
    }


def leaks(secrets: Mapping[str, str], texts: Iterable[tuple[str, bytes]]) -> Iterator[str]:
    """Yield where a secret appears: which secret, in which encoding.

    Args:
        secrets: the canaries, by name.
        texts: the texts to search, each with its name.
    """
    sought = {(what, form): spelled for what, secret in secrets.items() for form, spelled in encodings(secret).items()}
    for where, text in texts:
        for (what, form), spelled in sought.items():
            if any(each in text for each in spelled):
                yield f"{what} in {where}, {form}"
        if TOKEN.search(text):
            yield f"an access token in {where}"


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


class CommandLines:
    """Records the command lines of the processes that run below a folder: other users of the machine can read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._poll, name="command lines", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _poll(self) -> None:
        while not self._over.wait(0.2):
            for entry in Path("/proc").iterdir():
                with suppress(OSError):
                    if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(self._folder):
                        self.seen.add((entry / "cmdline").read_bytes().replace(b"\0", b" "))


def working_in(folder: Path) -> list[str]:
    """The processes that run in a folder or below it, each with its id; except for the local Platform, which is meant to stay."""
    leftovers = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                command_line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                leftovers.append(f"{entry.name} {command_line.strip()}")
    return [each for each in leftovers if "aep_pulumi.emulator" not in each]
