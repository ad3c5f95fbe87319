"""Bench: the local Platform's figures: `python tools/bench_platform.py [OBJECTS]`.

Measured from outside, over HTTP: the start, durable creates with 64 requests in flight, the memory after that many objects, a
listing of all flows by pages, and a page of the runs of a flow that has run every 15 minutes for a year: the best of three reads,
as the first one executes the runs that it shows. Each rate is also given per second of the server's CPU time, which other
processes on the machine affect less.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]

OBJECTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
CLIENTS = 64
PAGE = 100
BY_RESULT = "failed ones"
QUERIES = {
    "first page": "&limit=20",
    "newest page": "&limit=20&orderby=-createdAt",
    "count": "&count=true",
    BY_RESULT: "&property=metrics.statusSummary.status==failed",
}
YEAR_S = 366 * 86_400

FLOW = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry"
SALESFORCE = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_AEP = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "local-client",
    "client_secret": "local-secret",
    "scope": "openid",
}


class Client:
    """One connection, which sends JSON and nothing that it does not need: the client shares the machine with the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: str = "") -> None:
        self._reader, self._writer, self._headers = reader, writer, headers

    async def call(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:  # noqa: ANN401 - JSON
        """Send a request that must succeed. Returns its JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        typed = f"content-type: {content_type}\r\n" if raw else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{self._headers}{typed}content-length: {len(raw)}\r\n\r\n"
        self._writer.write(head.encode() + raw)
        response = await self._reader.readuntil(b"\r\n\r\n")
        lines = response.decode().lower().split("\r\n")
        size = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
        content = await self._reader.readexactly(size)
        if not lines[0].startswith("http/1.1 2"):
            raise SystemExit(f"{method} {path}: {lines[0]} {content.decode()}")
        return json.loads(content) if content else None


@asynccontextmanager
async def clients(url: str, count: int, headers: str) -> AsyncIterator[list[Client]]:
    """Open connections."""
    at = urlsplit(url)
    pairs = [await asyncio.open_connection(at.hostname, at.port) for _ in range(count)]
    try:
        yield [Client(reader, writer, headers) for reader, writer in pairs]
    finally:
        for _, writer in pairs:
            writer.close()


@contextmanager
def platform(home: Path) -> Iterator[tuple[str, int]]:
    """Start a local Platform. Yields its URL and its process id."""
    address, began = home / "platform.json", time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home)])
    try:
        while not address.exists():
            if process.poll() is not None:
                raise SystemExit("the local Platform did not start")
            time.sleep(0.002)
        seconds = time.perf_counter() - began
        print(f"start: {seconds:.2f} s ({cpu_s(process.pid):.2f} s of CPU)")
        yield json.loads(address.read_text())["url"], process.pid
    finally:
        process.terminate()
        process.wait()


def memory_mb(pid: int) -> float:
    """The process's resident memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """The CPU time that the process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def connection(number: int) -> Json:
    """A base connection."""
    params = {"environmentUrl": "https://acme.my.salesforce.com", "username": "acme", "password": "p", "securityToken": "t"}
    auth = {"specName": "Basic Authentication", "params": params}
    return {"name": f"account {number}", "auth": auth, "connectionSpec": SALESFORCE}


async def flow_body(client: Client) -> Json:
    """Create all that a flow needs. Returns the body of the flow."""
    base = await client.call("POST", f"{FLOW}/connections", connection(0))
    source: Json = {"name": "contacts", "baseConnectionId": base["id"], "data": {"format": "tabular"}}
    source |= {"params": {"tableName": "Contact"}, "connectionSpec": SALESFORCE}
    source = await client.call("POST", f"{FLOW}/sourceConnections", source)
    references = ["https://ns.adobe.com/xdm/context/profile", "https://ns.adobe.com/xdm/context/profile-person-details"]
    schema = {"type": "object", "title": "contacts", "description": "", "allOf": [{"$ref": each} for each in references]}
    schema_id = (await client.call("POST", f"{REGISTRY}/tenant/schemas", schema))["$id"]
    full = "application/vnd.adobe.xed-full+json;version=1"
    reference = {"id": schema_id, "contentType": full}
    (dataset,) = await client.call("POST", "/data/foundation/catalog/dataSets", {"name": "contacts", "schemaRef": reference})
    target: Json = {"name": "contacts", "data": {"schema": {"id": schema_id, "version": full}}, "connectionSpec": DATA_LAKE}
    target["params"] = {"dataSetId": dataset.removeprefix("@/dataSets/")}
    target = await client.call("POST", f"{FLOW}/targetConnections", target)
    mapping: Json = {"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}
    mapping = {"outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
    mapping = await client.call("POST", "/data/foundation/conversion/mappingSets", mapping)
    delta = {"deltaColumn": {"name": "LastModifiedDate"}}
    steps = [{"name": "Copy", "params": delta}, {"name": "Mapping", "params": {"mappingId": mapping["id"], "mappingVersion": 0}}]
    schedule = {"startTime": int(time.time()) + 3600, "frequency": "minute", "interval": 15}
    ids = {"sourceConnectionIds": [source["id"]], "targetConnectionIds": [target["id"]]}
    return {"name": "flow", "flowSpec": CRM_TO_AEP, **ids, "transformations": steps, "scheduleParams": schedule}


class Creator(asyncio.Protocol):
    """One connection that sends the next request as soon as the last one has its response, as cheaply as Python can."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests, self._received = requests, b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for types
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Send the next request after a whole response, which must be a 201."""
        self._received += data
        head, blank, content = self._received.partition(b"\r\n\r\n")
        if not blank or len(content) < int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0]):
            return
        if not head.startswith(b"HTTP/1.1 201"):
            self.done.set_exception(SystemExit(self._received.decode()))
        self._received = b""
        self._send()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


async def create(url: str, headers: str, count: int, path: str, body: Callable[[int], Json]) -> float:
    """Create objects with all connections at once. Returns the seconds."""
    at, loop, requests = urlsplit(url), asyncio.get_running_loop(), []
    for number in range(count):
        raw = json.dumps(body(number)).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-type: application/json\r\n"
        requests.append(f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw)
    remaining, began = iter(requests), time.perf_counter()
    host, port = at.hostname or "", at.port or 0
    creators = [(await loop.create_connection(lambda: Creator(remaining), host, port))[1] for _ in range(CLIENTS)]
    await asyncio.gather(*(creator.done for creator in creators))
    return time.perf_counter() - began


async def listed(client: Client, path: str) -> int:
    """Read all pages. Returns the number of items."""
    count = 0
    while path:
        page = await client.call("GET", FLOW + path)
        count += len(page["items"])
        path = page["_links"].get("next", {}).get("href", "")
    return count


async def timed(client: Client, path: str) -> float:
    """The best of three reads, in seconds."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        await client.call("GET", path)
        times.append(time.perf_counter() - began)
    return min(times)


async def executed(client: Client, runs: str) -> float:
    """Have all runs executed, as a filter by their result does. Returns the seconds."""
    began = time.perf_counter()
    while (await client.call("GET", f"{runs}&property=metrics.statusSummary.status==inProgress&count=true"))["count"]:
        pass
    return time.perf_counter() - began


async def logged_in(url: str) -> str:
    """The headers of requests with a new token."""
    async with clients(url, 1, "") as (anonymous,):
        form = urlencode(CREDENTIALS).encode()
        token = (await anonymous.call("POST", "/ims/token/v3", form, "application/x-www-form-urlencoded"))["access_token"]
    headers = {"authorization": f"Bearer {token}", "x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg"}
    headers |= {"x-sandbox-name": "dev", "x-local-control": "yes"}
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


async def measure(url: str, pid: int) -> None:
    """Print one line per figure."""
    headers = await logged_in(url)
    half = OBJECTS // 2
    async with clients(url, 1, headers) as (one,):
        flow = await flow_body(one)
    for noun, path, body in (("connections", "connections", connection), ("flows", "flows", lambda _: flow)):
        used = cpu_s(pid)
        seconds = await create(url, headers, half, f"{FLOW}/{path}", body)
        used = cpu_s(pid) - used
        print(f"{half} {noun} created, {CLIENTS} in flight: {half / seconds:.0f}/s ({half / used:.0f} per second of CPU)")
    print(f"memory with {OBJECTS} objects: {memory_mb(pid):.0f} MB")
    async with clients(url, 1, headers) as (one,):
        for noun, query in (("", ""), ("filtered, sorted and ", "&property=state==enabled&orderby=-createdAt")):
            began, used = time.perf_counter(), cpu_s(pid)
            count = await listed(one, f"/flows?limit={PAGE}{query}")
            seconds, used = time.perf_counter() - began, cpu_s(pid) - used
            print(f"{count} flows {noun}listed by pages of {PAGE}: {seconds:.2f} s ({used:.2f} s of CPU)")
        await one.call("POST", "/_local/clock", {"ahead_s": YEAR_S})
    # The old token has expired by then.
    async with clients(url, 1, await logged_in(url)) as (one,):
        newest = (await one.call("GET", f"{FLOW}/flows?limit=1"))["items"][0]["id"]
        runs = f"{FLOW}/runs?property=flowId=={newest}"
        total = (await one.call("GET", f"{runs}&count=true"))["count"]
        for noun, query in QUERIES.items():
            if noun == BY_RESULT:
                print(f"{total} runs executed: {await executed(one, runs):.1f} s")
            used, seconds = cpu_s(pid), await timed(one, runs + query)
            print(f"{noun} of {total} runs of a flow: {seconds:.3f} s ({(cpu_s(pid) - used) / 3:.3f} s of CPU)")
        print(f"memory at the end: {memory_mb(pid):.0f} MB")


def main() -> None:
    """Measure a fresh local Platform."""
    with tempfile.TemporaryDirectory() as home, platform(Path(home)) as (url, pid):
        asyncio.run(measure(url, pid))


if __name__ == "__main__":
    main()
