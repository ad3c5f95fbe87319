"""Judging: what went wrong in a chaos run: held beside Platform, and searched for secrets."""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, quote_plus

COUNTS = ("duplicates", "orphans", "lost", "leaks", "unrecovered")
"""What must be 0."""

TOKEN = re.compile(rb"local-token-[A-Za-z0-9_-]{20,}")
"""The access tokens of the local Platform, which nobody chooses."""


@dataclass
class Verdict:
    """What went wrong in a run, and how much was done to it."""

    seed: int
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    leaks: int = 0
    unrecovered: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not any(getattr(self, name) for name in COUNTS)

    def add(self, count: str, words: str) -> None:
        """Count one, and say what it was."""
        setattr(self, count, getattr(self, count) + 1)
        self.words.append(words)


def compare(verdict: Verdict, state: Mapping[str, Any], held: list[Mapping[str, Any]]) -> None:
    """Hold a state beside what Platform holds.

    What only Platform knows is a duplicate where the state has one of that name, else an orphan; what only the state knows is
    lost.
    """
    resources = state["deployment"].get("resources") or []
    known = {resource["id"] for resource in resources if "/aep:" in resource["type"]}
    ours = {item.get("name") for item in held if item["id"] in known}
    for item in held:
        if item["id"] not in known:
            twin = item.get("name") in ours
            verdict.add("duplicates" if twin else "orphans", f"{'duplicate' if twin else 'orphan'}: {json.dumps(item)}")
    for missing in sorted(known - {item["id"] for item in held}):
        verdict.add("lost", f"lost: {missing}")


def forms(secret: str) -> dict[str, list[bytes]]:
    """The ways in which a secret may stand in a text: as it is, quoted for JSON or a URL, or inside of something in base64."""
    clear = secret.encode()
    # In base64 the neighbours of a text colour its edges, and three places to begin give three texts: what is sure lies between.
    inside = [base64.b64encode(b"\0" * lead + clear)[(0, 2, 3)[lead] : -4 or None] for lead in range(3)]
    return {
        "clear": [clear],
        "json": [json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode()],
        "url": [quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()],
        "base64": [*inside, *(form.replace(b"+", b"-").replace(b"/", b"_") for form in inside)],
    }


def leaks(secrets: Mapping[str, str], texts: Iterable[tuple[str, bytes]]) -> Iterator[str]:
    """Where a secret stands, whose and in which form.

    Args:
        secrets: the canaries, by what they are.
        texts: what is searched, each with its name.
    """
    sought = {(what, form): spelled for what, secret in secrets.items() for form, spelled in forms(secret).items()}
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
    """The command lines of the machine while something runs: other users can read them."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, name="command lines", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    with suppress(OSError):
                        self.seen.add((entry / "cmdline").read_bytes().replace(b"\0", b" "))


def working_in(folder: Path) -> list[str]:
    """The processes that work in a folder, each with its id, the local Platform aside: it is to stay."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{entry.name} {words.strip()}")
    return [each for each in found if "aep_pulumi.emulator" not in each]
