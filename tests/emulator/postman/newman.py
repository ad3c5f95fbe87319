"""Newman: runs a Postman collection on the local Platform over TLS, and finds responses that no collection should get."""

from __future__ import annotations

import asyncio
import json
import os
import re
import runpy
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[2] / "client"))

from servers import certificate

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 280
NOWHERE = "http://127.0.0.1:9"
"""A proxy that does not exist."""
NO_ROUTE, SERVER_ERROR = 404, 500


def command() -> list[str] | None:
    """How newman is called: from PATH, or as npx finds it in the current folder; None if it is not installed."""
    if program := shutil.which("newman"):
        return [program]
    npx = shutil.which("npx")
    # Without --no-install, npx would download it.
    words = [npx, "--no-install", "newman"] if npx else []
    if words and subprocess.run([*words, "--version"], capture_output=True, check=False, timeout=60).returncode == 0:
        return [str(word) for word in words]
    return None


@contextmanager
def over_tls(url: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """A port that speaks TLS in front of a local server: its host and port, and its certificate."""
    made, key = certificate(folder, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    target = urlsplit(url)
    loop = asyncio.new_event_loop()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await reader.read(65536):
                writer.write(content)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_upstream = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(pipe(reader, to_upstream), pipe(upstream, writer))

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"localhost:{server.sockets[0].getsockname()[1]}", made
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@dataclass(frozen=True)
class Execution:
    """One request of a collection, and its response."""

    name: str
    method: str
    path: str
    status: int | None
    """None if there was no response."""
    content_type: str
    is_here: bool = True
    """Whether it went to this machine."""

    @property
    def line(self) -> str:
        """The request in a report."""
        return f"{self.status or 'none':>4}  {self.method} {self.path}  ({self.name})"


@dataclass(frozen=True)
class Run:
    """A run of a collection."""

    executions: Sequence[Execution]
    failures: Sequence[str]
    """The assertions of the collection that failed."""


def run(collection: Path, gateway: str, made: Path, variables: Mapping[str, str], folder: Path, proxy: str = NOWHERE) -> Run:
    """Run a collection.

    Args:
        collection: its file.
        gateway: the host and port of Platform, as `{{PLATFORM_GATEWAY}}`.
        made: the certificate of the gateway.
        variables: further variables of the environment.
        folder: a folder for the report.
        proxy: where requests to other hosts go: a collection may also name Adobe's own.
    """
    newman = command()
    assert newman is not None
    report = folder / "report.json"
    words = [*newman, "run", str(collection), "--ssl-extra-ca-certs", str(made), "--timeout-request", "20000"]
    words += ["--reporters", "json", "--reporter-json-export", str(report), "--suppress-exit-code"]
    for name, value in {**variables, "PLATFORM_GATEWAY": gateway}.items():
        words += ["--env-var", f"{name}={value}"]
    elsewhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
    environ = {**os.environ, **elsewhere, "NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, env=environ)
    assert report.exists(), f"{collection.name}: newman wrote no report: {ran.stderr or ran.stdout}"
    document = json.loads(report.read_text(encoding="utf-8"))["run"]
    failures = [f"{each['source'].get('name', '')}: {each['error'].get('message', '')}" for each in document["failures"]]
    return Run([_execution(each) for each in document["executions"]], failures)


def _execution(document: Mapping[str, Any]) -> Execution:
    response = document.get("response") or {}
    headers = {str(each["key"]).lower(): str(each["value"]) for each in response.get("header", ())}
    url = document["request"]["url"]
    return Execution(
        name=document["item"]["name"],
        method=document["request"]["method"],
        path="/" + "/".join(map(str, url.get("path", ()))),
        status=response.get("code"),
        content_type=headers.get("content-type", ""),
        is_here=".".join(map(str, url.get("host", ()))) in {"localhost", "127.0.0.1"},
    )


@cache
def _routes() -> list[tuple[str, re.Pattern[str]]]:
    """The operations that docs/coverage.md lists as implemented or partial, as its generator reads them from the routes."""
    tool = runpy.run_path(str(ROOT / "tools" / "platform_coverage.py"))
    return [
        (method, re.compile("[^/]+".join(map(re.escape, path.split("{}"))) + "/?")) for method, path in sorted(tool["routes"]())
    ]


def problems(executions: Sequence[Execution]) -> list[str]:
    """The responses that no request should get: none, server errors, and the page for unknown routes where there is a route."""
    return [each.line for each in executions if _is_problem(each)]


def _is_problem(execution: Execution) -> bool:
    if execution.status is None or execution.status >= SERVER_ERROR:
        # Requests to other hosts have no response, as they go nowhere.
        return execution.is_here
    if execution.status != NO_ROUTE or not execution.content_type.startswith("text/html"):
        return False
    return any(method == execution.method and pattern.fullmatch(execution.path) for method, pattern in _routes())
