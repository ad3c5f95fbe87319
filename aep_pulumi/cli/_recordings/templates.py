"""Templates: finds what must differ when recorded requests are replayed: ids and etags of responses, the tenant, secrets, times.

Only what a response gave is captured. An id that a request named first is the client's own, and stays as it is.
"""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

from aep_pulumi.cli._recordings.json_paths import KEY, LAST, Json, Path, leaves
from aep_pulumi.cli._recordings.steps import SANDBOX, SANDBOX_HEADER, SECRET, TENANT, VARIABLE, Step

_MASK = "***"
TOKEN = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{20,}|\b[0-9A-HJKMNP-TV-Z]{26}\b")
"""What only a server or a random generator writes: UUIDs, long hexadecimal numbers, ULIDs."""
_LONGEST = 300
_TENANT_IN_ID = re.compile(r"https://ns\.adobe\.com/([^/]+)/(?:schemas|mixins|fieldgroups|classes|datatypes)/[0-9a-f]+")
_IDS = ("id", "$id", "@id", KEY, LAST)
_SPECS = re.compile(r"/flowservice/(connectionSpecs|flowSpecs)(/|$)")
"""Adobe's own ids, the same everywhere."""
_NOT_REPLAYED = ("/ims/",)
_DEFAULTS = {"accept": "*/*", "content-type": "application/json"}
"""What every client sends if it is not told otherwise."""
_PATH_SAFE = "~.-_$:@!*'(),;"


@dataclass(frozen=True)
class _Given:
    """A value that a response gave."""

    value: str
    step: int
    """The index of the step."""
    path: Path


def steps_of(entries: Iterable[Json]) -> list[Step]:
    """The requests of the local Platform's recording, as steps. Requests for tokens are left out: each replay has its own."""
    kept = [entry for entry in entries if not entry["path"].startswith(_NOT_REPLAYED)]
    sandboxes = Counter(entry["sandbox"] for entry in kept if entry["sandbox"])
    main = sandboxes.most_common(1)[0][0] if sandboxes else None
    plain = [_step(number, entry, main) for number, entry in enumerate(kept, 1)]
    times = [entry["time"] for entry in kept]
    return _Templates(plain, times).steps()


def _step(number: int, entry: Json, main: str | None) -> Step:
    sandbox = entry["sandbox"]
    headers = {name: value for name, value in entry["headers"].items() if _DEFAULTS.get(name) != value}
    if sandbox != main:
        headers[SANDBOX_HEADER] = sandbox or ""
    return Step(
        number=number,
        method=entry["method"],
        path=re.sub(rf"(?<=/sandboxes/){re.escape(main)}$", f"{{{{{SANDBOX}}}}}", entry["path"]) if main else entry["path"],
        query=parse_qsl(entry["query"], keep_blank_values=True),
        headers=headers,
        body=entry["body"],
        omitted=entry["body_omitted"],
        time=f"{datetime.fromtimestamp(entry['time'], UTC):%Y-%m-%dT%H:%M:%SZ}",
        status=entry["status"],
        code=entry["code"],
        fault=entry["fault"],
        response=entry["response"],
    )


class _Templates:
    """The steps of one recording."""

    def __init__(self, plain: Sequence[Step], times: Sequence[float]) -> None:
        self._plain, self._times = plain, times
        self._given: dict[str, list[_Given]] = defaultdict(list)
        """By the token in the value."""
        self._by_path: dict[tuple[str, str], _Given] = {}
        """Ids of other forms, by the path that returned them."""
        self._sent: set[str] = set()
        self._names: dict[str, tuple[str, _Given]] = {}
        """The variables: the name and the origin of each value."""
        self._counts: Counter[str] = Counter()
        # What is written like a variable, and is none.
        self._literal = {name for step in plain for name in VARIABLE.findall(f"{step}")}
        self._secrets: Counter[str] = Counter()
        self._tenant = _tenant_of(plain)

    def steps(self) -> list[Step]:
        """The steps with their variables."""
        templates = [self._request(number, step) for number, step in enumerate(self._plain)]
        gives: dict[int, dict[str, Path]] = defaultdict(dict)
        for name, given in self._names.values():
            gives[given.step][name] = given.path
        return [
            replace(step, response=self._filled(step.response, only_named=True), gives=gives[number])
            for number, step in enumerate(templates)
        ]

    def _request(self, number: int, step: Step) -> Step:
        """The request of a step with its variables; then what its response gives is known."""
        template = replace(
            step,
            path=self._path(step.path),
            query=[(name, self._text(value)) for name, value in step.query],
            headers={name: self._text(value) for name, value in step.headers.items()},
            body=self._body(step.body, self._times[number]),
        )
        self._sent.update(TOKEN.findall(f"{unquote(step.path)} {step.query} {step.headers} {step.body}"))
        if _SPECS.search(step.path):
            self._sent.update(TOKEN.findall(f"{step.response}"))
        # The response to a request that failed gives nothing that a later request needs.
        if step.fault is None and step.status is not None and step.status < 400:  # noqa: PLR2004 - an HTTP status
            self._collect(number, step)
        return template

    # -- what responses give ---------------------------------------------------------------------------------------------

    def _collect(self, number: int, step: Step) -> None:
        for path, value in leaves(step.response, lambda key: TOKEN.search(key) is not None):
            if step.method == "POST" and path and path[-1] in _IDS and not TOKEN.search(str(value)):
                self._by_path.setdefault((unquote(step.path).rstrip("/"), str(value)), _Given(str(value), number, path))
            if not isinstance(value, str) or len(value) > _LONGEST:
                continue
            for token in set(TOKEN.findall(value)) - self._sent:
                self._add(token, _Given(value, number, path))
                if value.endswith(f"/{token}"):
                    self._add(token, _Given(token, number, (*path, LAST)))

    def _add(self, token: str, given: _Given) -> None:
        if all(each.value != given.value for each in self._given[token]):
            self._given[token].append(given)

    def _name(self, given: _Given) -> str:
        if given.value not in self._names:
            words = [word for word in self._plain[given.step].path.split("/") if re.fullmatch(r"[A-Za-z]+", word)]
            keys = [part for part in given.path if isinstance(part, str)]
            field = "id" if given.path[-1] in _IDS or not keys else _snake(keys[-1])
            base = f"{_singular(_snake(words[-1]))}_{field}" if words else field
            while True:
                self._counts[base] += 1
                name = base if self._counts[base] == 1 else f"{base}_{self._counts[base]}"
                if name not in self._literal:
                    break
            self._names[given.value] = (name, given)
        return self._names[given.value][0]

    # -- what requests use -----------------------------------------------------------------------------------------------

    def _path(self, path: str) -> str:
        parts: list[str] = []
        plain: list[str] = []
        for part in path.split("/"):
            text = unquote(part)
            given = self._by_path.get(("/".join(plain), text))
            plain.append(text)
            template = f"{{{{{self._name(given)}}}}}" if given else self._text(text)
            parts.append(part if template == text else _quoted(template))
        return "/".join(parts)

    def _filled(self, node: object, *, only_named: bool = False) -> object:
        """JSON with variables in place of what responses gave, in its texts and its keys."""
        if isinstance(node, str):
            return self._text(node, only_named=only_named)
        if isinstance(node, dict):
            return {
                self._text(key, only_named=only_named): self._filled(value, only_named=only_named) for key, value in node.items()
            }
        if isinstance(node, list):
            return [self._filled(item, only_named=only_named) for item in node]
        return node

    def _text(self, text: str, *, only_named: bool = False) -> str:
        for token in set(TOKEN.findall(text)):
            known = sorted(self._given.get(token, ()), key=lambda given: -len(given.value))
            used = next(
                (given for given in known if given.value in text and (given.value in self._names or not only_named)), None
            )
            if used:
                text = text.replace(used.value, f"{{{{{self._name(used)}}}}}")
        if self._tenant is None:
            return text
        return self._tenant.sub(f"{{{{{TENANT}}}}}", text)

    def _body(self, body: object, time_s: float) -> object:
        seen: dict[str, str] = {}

        def filled(node: object, key: str) -> object:
            if isinstance(node, dict):
                # In a JSON Patch, the path names the field.
                last = str(node["path"]).rpartition("/")[2] if "path" in node and "op" in node else ""
                return {
                    self._text(name): filled(value, last if last and name == "value" else name) for name, value in node.items()
                }
            if isinstance(node, list):
                return [filled(item, key) for item in node]
            if node == _MASK:
                return self._secret(key, seen)
            if key == "startTime" and isinstance(node, int | str) and str(node).isdecimal() and float(node) > time_s:
                after = f"now+{int(node) - int(time_s)}"
                return f"{{{{{after} as text}}}}" if isinstance(node, str) else f"{{{{{after}}}}}"
            return self._filled(node)

        return filled(body, "")

    def _secret(self, key: str, seen: dict[str, str]) -> str:
        """The variable of a secret: the same within a request, another one in each request."""
        name = SECRET + (_snake(key).upper() or "VALUE")
        if name not in seen:
            self._secrets[name] += 1
            seen[name] = name if self._secrets[name] == 1 else f"{name}_{self._secrets[name]}"
        return f"{{{{{seen[name]}}}}}"


def _tenant_of(steps: Sequence[Step]) -> re.Pattern[str] | None:
    """Where the tenant id is written, if a response contains it."""
    for step in steps:
        for path, value in leaves(step.response, lambda _key: False):
            found = str(value) if path[-1:] == ("tenantId",) else ""
            if not found and (match := _TENANT_IN_ID.fullmatch(str(value))):
                found = match[1]
            if found and found != "xdm":
                escaped = re.escape(found)
                return re.compile(rf"(?<=ns\.adobe\.com/){escaped}(?=/)|(?<=_)(?<![A-Za-z0-9]_){escaped}(?![A-Za-z0-9])")
    return None


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()


def _singular(name: str) -> str:
    for plural, singular in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("s", "")):
        if name.endswith(plural):
            return name.removesuffix(plural) + singular
    return name


def _quoted(template: str) -> str:
    """A part of a path, percent-encoded around its variables."""
    ends = [0, *(end for match in VARIABLE.finditer(template) for end in match.span()), len(template)]
    pieces = [template[start:end] for start, end in itertools.pairwise(ends)]
    return "".join(piece if number % 2 else quote(piece, safe=_PATH_SAFE) for number, piece in enumerate(pieces))
