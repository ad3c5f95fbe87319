"""Limits: each setting takes effect over real HTTP, and without it the outcome differs."""

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pulumi.dynamic import DiffResult
from real_platform import CONNECTION, CONNECTIONS, LocalPlatform
from servers import answering, answering_over_tls, breaking, certificate, free_url, slow_to_stand
from stand_in import answer, scripted

from aep_pulumi.client import Client, flow_service
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.network import RequestsTransport
from aep_pulumi.client.transport import Request
from aep_pulumi.errors import (
    AepError,
    AuthError,
    GuardError,
    NotFoundError,
    OutageError,
    RejectedError,
    SettingsError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._create_request import CreateRequest, Steps
from aep_pulumi.resources._once import create_once
from aep_pulumi.resources._provider import IN_PREVIEW, Provider
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources.base_connection import BaseConnectionProvider
from aep_pulumi.resources.dataflow import DataflowProvider
from aep_pulumi.resources.identity_descriptor import DescriptorProvider
from aep_pulumi.resources.profile_enablement import ProfileEnablement, ProfileEnablementProvider
from aep_pulumi.settings import Settings

pytestmark = pytest.mark.slow

P = TypeVar("P", bound=Provider[Any, Any])

ELSEWHERE = {
    "aep:organization": "ABC@AdobeOrg",
    "aep:sandbox": "dev",
    "aep:clientId": "client",
    "aep:accessToken": "ready",
}


def no_wait(_seconds: float) -> None:
    """Do not wait: a test counts attempts, not seconds."""


FRESH = count(601)


def performing(provider: P, real: LocalPlatform, **settings: str) -> P:
    """A provider for a stack with these settings; no other test has this deadline, so none shares its client."""
    provider.keep(real.config(deadlineS=f"{next(FRESH)}", **settings))
    return provider


def to(url: str, environ: dict[str, str] | None = None, **settings: str) -> Client:
    """A client of a server that is not Platform."""
    config = ELSEWHERE | {"aep:endpoint": url} | {f"aep:{name}": value for name, value in settings.items()}
    return Client(Settings.read(config, environ or {}), sleep=no_wait)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal records pending creates."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    return tmp_path


# -- connections and answers ------------------------------------------------------------------------------------------


def test_a_connection_must_be_established_within_connectTimeoutS() -> None:  # noqa: N802 - the setting's name
    with slow_to_stand() as (url, go):
        with pytest.raises(UnreachableError, match=r"cannot be reached \(.*timed out.*\): nothing was sent"):
            to(url, connectTimeoutS="0.1").call("GET", "/x")
        threading.Timer(0.1, go.set).start()
        assert to(url).call("GET", "/x").status == 200


def test_platform_must_respond_within_readTimeoutS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("slow_after", method="POST", path=CONNECTIONS, delay_s=1.5)
    client = real.client(readTimeoutS="0.8")
    with pytest.raises(TimedOutError, match=rf"returned no complete response to POST {CONNECTIONS} \(.*timed out.*\)"):
        client.call("POST", CONNECTIONS, body=CONNECTION)
    assert real.client().call("POST", CONNECTIONS, body=CONNECTION).status == 201
    assert real.writes() == [f"POST {CONNECTIONS} 201"] * 2


def test_an_operation_waits_and_retries_for_deadlineS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("throttled", retry_after_s=4, times=2)
    with pytest.raises(ThrottledError, match=r"; gave up after 1 attempt: aep:deadlineS is 3 \(request id .+\)$"):
        real.client(deadlineS="3").call("GET", CONNECTIONS)
    waits: list[float] = []
    assert real.client(sleep=waits.append).call("GET", CONNECTIONS).status == 200
    assert waits == [4.0]
    assert real.request_lines() == [f"GET {CONNECTIONS} {status}" for status in (429, 429, 200)]


def test_a_read_timeout_is_capped_by_the_deadline(real: LocalPlatform) -> None:
    real.fault("slow", delay_s=20)
    began = time.monotonic()
    with pytest.raises(TimedOutError, match="gave up after"):
        real.client(deadlineS="0.4").call("GET", CONNECTIONS)
    assert time.monotonic() - began < 10


def test_a_retry_after_above_longestRetryAfterS_is_an_outage(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("throttled", retry_after_s=2, times=2)
    waits: list[float] = []
    with pytest.raises(ThrottledError, match=r"Retry-After is 2 s, but aep:longestRetryAfterS is 1\.5: try again"):
        real.client(longestRetryAfterS="1.5", sleep=waits.append).call("GET", CONNECTIONS)
    assert waits == []
    assert real.client(sleep=waits.append).call("GET", CONNECTIONS).status == 200
    assert waits == [2.0]


def test_all_operations_share_retryBudget_during_an_outage(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("outage_before", status=503)

    def four_requests(client: Client) -> list[str]:
        failures_seen = []
        for _ in range(4):
            with pytest.raises(OutageError) as raised:
                client.call("GET", CONNECTIONS)
            failures_seen.append(str(raised.value))
        return failures_seen

    *_, last = four_requests(real.client(retryBudget="6", sleep=no_wait))
    assert len(real.request_lines()) == 4 + 6
    assert (
        "; gave up after 1 attempt: too many requests of this run failed, and its retry budget (aep:retryBudget is 6) is used up"
        in last
    )
    *_, last = four_requests(real.client(sleep=no_wait))
    assert len(real.request_lines()) == 10 + 4 * 5
    assert "given up" not in last


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
def test_throttling_does_not_consume_the_retry_budget(real: LocalPlatform, kind: str) -> None:
    real.fault(kind, times=9)
    assert real.client(retryBudget="0", sleep=no_wait).call("GET", CONNECTIONS).status == 200
    assert len(real.request_lines()) == 10


def test_throttling_half_of_all_requests_fails_nothing(real: LocalPlatform) -> None:
    real.fault("throttled_bare", rate=0.5)
    client = real.client(sleep=no_wait)
    connections = flow_service.base_connections(client)
    ids = [connections.create(CONNECTION).id for _ in range(30)]
    assert sorted(real.object_ids("connections")) == sorted(set(ids))
    lines = real.request_lines("")
    assert len([line for line in lines if line.endswith(" 429")]) > 10
    assert len([line for line in lines if not line.endswith(" 429")]) == 30 + 2, "one each, a token, the sandbox's type"


# -- waiting for objects that Platform has not finished ---------------------------------------------------------------


@pytest.mark.parametrize(("settle_s", "made"), [("0", 2), ("20", 1)])
def test_a_lookup_takes_an_object_for_missing_only_after_settleS(  # noqa: N802
    real: LocalPlatform, home: Path, settle_s: str, made: int
) -> None:
    assert home.is_dir()
    client = real.client(settleS=settle_s, soleWriter="true")
    connections = flow_service.base_connections(client)
    real.fault("lagging_reads", method="POST", path=CONNECTIONS, delay_s=1.5, times=1)
    tries = count(1)

    def make() -> RemoteObject:
        remote = connections.create(CONNECTION)
        if next(tries) == 1:
            raise TimedOutError("its answer was lost")
        return remote

    def find(since_s: float) -> list[RemoteObject]:
        return [each for each in connections.list(name="CRM") if (each.made_at_s or 0) >= since_s]

    remote = create_once(client, CreateRequest("one", "BaseConnection", "", ""), Steps(make, find))
    end_s = time.monotonic() + 20
    while len(object_ids := real.object_ids("connections")) < made and time.monotonic() < end_s:
        time.sleep(0.1)
    assert remote.id in object_ids
    assert len(object_ids) == made


def test_an_object_that_is_being_created_is_awaited_for_readyS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("transient", method="POST", path=CONNECTIONS, delay_s=0.7)

    def renamed(client: Client) -> RemoteObject:
        connections = flow_service.base_connections(client)
        made = connections.create(CONNECTION)
        return connections.update(made.id, CONNECTION, {**CONNECTION, "name": "other"}, made.etag)

    with pytest.raises(RejectedError, match="1417-400"):
        renamed(real.client(readyS="0"))
    assert renamed(real.client()).etag


# -- certificates -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    return certificate(tmp_path_factory.mktemp("certificates"), "localhost")


def test_a_self_signed_certificate_is_trusted_only_with_caBundle(signed: tuple[Path, Path]) -> None:  # noqa: N802
    with answering_over_tls(*signed) as (url, received):
        with pytest.raises(SettingsError) as raised:
            to(url).call("GET", "/x")
        assert str(raised.value) == (
            f"the certificate of {url.removeprefix('https://')} is not trusted (self-signed certificate), so nothing was "
            "sent: if it is your own network's, set aep:caBundle to a file with the certificate authority that signed it"
        )
        assert received == []
        assert to(url, caBundle=str(signed[0])).call("GET", "/x").status == 200
        assert len(received) == 1


def test_a_certificate_for_another_host_is_never_trusted(signed: tuple[Path, Path], tmp_path: Path) -> None:
    other = certificate(tmp_path, "platform.example")
    both = tmp_path / "both.pem"
    both.write_bytes(other[0].read_bytes() + signed[0].read_bytes())
    with answering_over_tls(*other) as (url, received):
        with pytest.raises(SettingsError, match=r"is not trusted \(hostname mismatch.*: check the address and the network$"):
            to(url, caBundle=str(both)).call("GET", "/x")
        assert received == []


# -- proxies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxy settings."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def to_nowhere() -> Client:
    return to("https://nowhere.invalid", {"AEP_ALLOW_HOSTS": "nowhere.invalid"})


@pytest.mark.parametrize(("status", "reason"), [(403, "Forbidden"), (407, "Proxy Authentication Required")])
def test_a_proxy_that_rejects_is_named_without_its_password(proxies: pytest.MonkeyPatch, status: int, reason: str) -> None:
    with answering(f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\n\r\n".encode()) as (url, received):
        port = url.rpartition(":")[2]
        proxies.setenv("HTTPS_PROXY", f"http://someone:hunter2@127.0.0.1:{port}")
        with pytest.raises(SettingsError) as raised:
            to_nowhere().call("GET", "/x")
    assert str(raised.value) == (
        f"nowhere.invalid cannot be reached through the proxy 127.0.0.1:{port} ({status} {reason.lower()}), so "
        f"nothing was sent: correct the proxy in HTTPS_PROXY, or add the host to NO_PROXY"
    )
    assert [line.rpartition(b" HTTP/")[0].partition(b" HTTP/")[0] for line in received] == [b"CONNECT nowhere.invalid:443"]


def test_an_unreachable_proxy_is_named(proxies: pytest.MonkeyPatch) -> None:
    proxy = free_url().removeprefix("http://")
    proxies.setenv("HTTPS_PROXY", f"http://someone:hunter2@{proxy}")
    with pytest.raises(UnreachableError) as raised:
        to_nowhere().call("GET", "/x")
    assert str(raised.value) == (
        f"nowhere.invalid cannot be reached through the proxy {proxy} (connection refused): nothing was sent"
    )


def test_a_host_in_no_proxy_bypasses_the_proxy(proxies: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (url, received):
        proxies.setenv("HTTPS_PROXY", url)
        proxies.setenv("NO_PROXY", "nowhere.invalid")
        with pytest.raises(UnreachableError, match=r"^nowhere\.invalid cannot be reached \("):
            to_nowhere().call("GET", "/x")
    assert received == []


@pytest.mark.parametrize("tunnels", [False, True], ids=["direct", "through a proxy"])
@pytest.mark.parametrize("garbage", [False, True], ids=["closed", "garbage"])
def test_a_write_whose_connection_dropped_is_sent_once_and_may_have_happened(
    proxies: pytest.MonkeyPatch, tmp_path: Path, *, tunnels: bool, garbage: bool
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    host = "nowhere.invalid" if tunnels else "localhost"
    made, key = certificate(tmp_path, host)
    with breaking(made, key, tunnels=tunnels, garbage=garbage) as (port, received):
        if tunnels:
            proxies.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        network = RequestsTransport(ca_bundle=str(made))
        write = Request("POST", "https://nowhere.invalid/flows" if tunnels else f"https://localhost:{port}/flows", {}, {}, b"{}")
        with pytest.raises(TimedOutError, match="returned no complete response to POST /flows"):
            network.send(write, timeout_s=(5.0, 5.0))
        network.close()
    assert [line.partition(b" HTTP/")[0] for line in received] == [b"POST /flows"]


@pytest.mark.parametrize(
    "proxy", ["http://someone:hunter2@proxy.example:port", "socks5://someone:hunter2@127.0.0.1:9", "http://"]
)
def test_an_invalid_proxy_address_is_reported_without_its_password(proxies: pytest.MonkeyPatch, proxy: str) -> None:
    proxies.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match=r"^nowhere\.invalid cannot be reached.*correct the proxy in HTTPS_PROXY") as raised:
        to_nowhere().call("GET", "/x")
    assert "hunter2" not in str(raised.value)


# -- permissions of a stack -------------------------------------------------------------------------------------------


def test_writes_to_production_require_allowProduction(real: LocalPlatform) -> None:  # noqa: N802
    with pytest.raises(GuardError) as raised:
        real.client(sandbox="prod").call("POST", CONNECTIONS, body=CONNECTION)
    assert str(raised.value) == (
        f"POST {CONNECTIONS} was not sent: sandbox 'prod' of LOCAL@AdobeOrg is of type production; to allow this stack to write "
        "to it, run `pulumi config set aep:allowProduction true`"
    )
    assert real.writes() == []
    client = real.client(sandbox="prod", allowProduction="true")
    assert [client.call("POST", CONNECTIONS, body=CONNECTION).status for _ in range(2)] == [201, 201]
    assert len([line for line in real.request_lines() if "sandbox-management" in line]) == 2, "once a run"


@pytest.mark.parametrize(
    "path",
    [
        "/data/foundation/catalog/dataSets/x",
        "/data/foundation/schemaregistry/tenant/schemas/x",
        "/data/foundation/schemaregistry/tenant/fieldgroups/x",
        "/data/foundation/schemaregistry/tenant/descriptors/x",
    ],
)
def test_deleting_data_in_production_requires_allowDestructive(real: LocalPlatform, path: str) -> None:  # noqa: N802
    with pytest.raises(GuardError) as raised:
        real.client(sandbox="prod", allowProduction="true").call("DELETE", path)
    assert str(raised.value) == (
        f"DELETE {path} was not sent: sandbox 'prod' of LOCAL@AdobeOrg is of type production, and deleting this object would "
        "lose data permanently; to allow that, also run `pulumi config set aep:allowDestructive true`; for `pulumi destroy`, run "
        "`pulumi up` first or add --run-program"
    )
    assert real.writes() == []
    for client in (real.client(sandbox="prod", allowProduction="true", allowDestructive="true"), real.client()):
        before = len(real.writes())
        with suppress(NotFoundError):
            client.call("DELETE", path)
        assert len(real.writes()) == before + 1


def test_a_read_only_post_needs_no_permission_in_production(real: LocalPlatform) -> None:
    preview = "/data/foundation/conversion/mappingSets/preview"
    with pytest.raises(RejectedError):  # by Platform, so it was sent
        real.client(sandbox="prod").call("POST", preview, body={}, read_only=True)
    assert real.request_lines()[-1].startswith(f"POST {preview}")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_no_kind_bypasses_the_guard(real: LocalPlatform, kind: type[Resource]) -> None:
    collection = kind.provider.collection(real.client(sandbox="prod"))
    anything = {"schema_id": "x", "name": "x", "version": 0}
    writes: list[Callable[[], object]] = [lambda: collection.create(anything)]
    if kind is not ProfileEnablement:  # what is in a union stays there: its update sends nothing
        after = {"name": "y", "description": "", "version": 0, "state": "disabled"}
        writes += [lambda: collection.update("x", {"version": 0}, after, '"etag"')]
    if kind.provider.law.is_deletable:
        writes += [lambda: collection.delete("x")]
    for write in writes:
        with pytest.raises(GuardError, match="aep:allowProduction true"):
            write()
    assert real.writes() == []


def test_objects_without_data_are_deleted_in_production_without_allowDestructive(real: LocalPlatform) -> None:  # noqa: N802
    client = real.client(sandbox="prod", allowProduction="true")
    made = flow_service.base_connections(client).create(CONNECTION)
    flow_service.base_connections(client).delete(made.id)
    assert real.object_ids("connections", "prod") == []


@pytest.mark.parametrize("kind", ["staging", "Development", "DEVELOPMENT "])
def test_an_unknown_sandbox_type_counts_as_production(real: LocalPlatform, kind: str) -> None:
    real.control("POST", "/sandboxes", {"name": "odd", "type": kind})
    with pytest.raises(GuardError, match=f"is of type {kind}, which counts as production; to allow"):
        real.client(sandbox="odd").call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


def test_a_sandbox_that_may_not_be_read_counts_as_production(real: LocalPlatform) -> None:
    real.control("POST", "/permissions", {"deny": ["sandbox-management"]})
    with pytest.raises(GuardError, match="is of type unknown, which counts as production; to allow"):
        real.client().call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []
    assert real.client(allowProduction="true").call("POST", CONNECTIONS, body=CONNECTION).status == 201


@pytest.mark.parametrize(
    ("settings", "expected_message"),
    [
        ({"scopes": "openid AdobeID"}, "check aep:scopes: they must be comma-separated"),
        ({"organization": "OTHER@AdobeOrg"}, "the credential is not entitled to use aep:organization: ask an administrator"),
    ],
)
def test_an_invalid_credential_is_reported_as_such_not_as_an_unknown_sandbox_type(
    real: LocalPlatform, settings: dict[str, str], expected_message: str
) -> None:
    client = Client(Settings.read(real.config(**settings), {}))
    with pytest.raises(AuthError, match=expected_message):
        client.call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


def test_a_403_on_reading_the_sandbox_is_recognised_whatever_its_body() -> None:
    network = scripted(answer(403, {"code": 403, "message": "Forbidden"}))
    network.sandboxes_by_script = True
    with pytest.raises(GuardError, match="is of type unknown, which counts as production"):
        network.platform().call("POST", CONNECTIONS, body=CONNECTION)


@pytest.mark.parametrize("state", ["deleting", "deleted"])
def test_a_deleted_sandbox_counts_as_missing(state: str) -> None:
    network = scripted(answer(200, {"name": "dev", "type": "development", "state": state}))
    network.sandboxes_by_script = True
    with pytest.raises(
        SettingsError, match="sandbox 'dev' does not exist in ABC@AdobeOrg: set aep:sandbox to an existing sandbox"
    ):
        network.platform().call("POST", CONNECTIONS, body=CONNECTION)


def test_a_sandbox_that_is_being_created_is_awaited_with_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    made = {"name": "dev", "type": "development"}
    network = scripted(*[answer(200, made | {"state": state}) for state in ("creating", "active")], answer(201, {"id": "x"}))
    network.sandboxes_by_script = True
    network.platform().call("POST", CONNECTIONS, body=CONNECTION)
    assert len(network.waits) == 1
    assert capsys.readouterr().err == "sandbox 'dev' is still creating: waiting\n"


def test_if_the_sandbox_type_cannot_be_read_nothing_is_written(real: LocalPlatform) -> None:
    real.fault("outage_before", path="sandbox-management", status=503)
    with pytest.raises(OutageError):
        real.client(sleep=no_wait, allowProduction="true").call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


@pytest.mark.parametrize(
    ("provider", "changed", "olds"),
    [
        (DescriptorProvider, "source_property", {"schema_id": "s", "source_property": "/_t/id", "namespace": "Email"}),
        (ProfileEnablementProvider, "schema_id", {"schema_id": "s"}),
    ],
    ids=["identity descriptor", "profile enablement"],
)
def test_replacing_what_affects_profiles_in_production_requires_allowDestructive(  # noqa: N802
    real: LocalPlatform, provider: type[Provider[Any, Any]], changed: str, olds: dict[str, Any]
) -> None:
    news = olds | {changed: "/_t/other"}

    def previewed(**settings: str) -> DiffResult:
        return performing(provider(), real, **settings).diff("x", olds, news)

    with pytest.raises(GuardError, match=rf"a change of {changed} would replace it in a production sandbox, and it controls "):
        previewed(sandbox="prod", allowProduction="true")
    assert real.writes() == []
    assert previewed(sandbox="prod", allowDestructive="true").replaces == [changed]
    assert previewed(sandbox="dev").replaces == [changed]


# -- previews and start times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("checks", "expected"), [("local", 0), ("platform", 1)])
def test_a_preview_sends_the_lookups_that_checks_allows(real: LocalPlatform, checks: str, expected: int) -> None:
    provider = performing(BaseConnectionProvider(), real, checks=checks)
    inputs: dict[str, Any] = {
        "name": "CRM",
        "connection_spec_id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
        "auth": {"spec_name": "No Such Way", "params": {"clientSecret": "hunter2"}},
    }
    failures = provider.check({}, inputs | {IN_PREVIEW: True}).failures
    assert len(failures) == expected
    assert len(real.request_lines()) == expected


@pytest.mark.parametrize(("settings", "margin_s"), [({"startMarginS": "7200"}, 7200), ({}, 60)])
def test_a_missing_start_time_is_startMarginS_ahead_of_platforms_clock_even_on_the_first_request(  # noqa: N802
    real: LocalPlatform, home: Path, settings: dict[str, str], margin_s: int
) -> None:
    assert home.is_dir()
    real.control("POST", "/clock", {"ahead_s": 86400})
    inputs = {
        "name": "flow",
        "source_connection_id": "no-source",
        "target_connection_id": "no-target",
        "mapping_set_id": "no-mapping",
        "mapping_set_version": 0,
        "schedule": {"frequency": "hour", "interval": 1},
        "delta_column": {"name": "LastModifiedDate"},
    }
    with pytest.raises(AepError):  # the objects do not exist; only the request counts
        performing(DataflowProvider(), real, **settings).create(inputs)
    (body,) = [each["body"] for each in real.control("GET", "/requests")["requests"] if each["path"].endswith("/flows")]
    assert -5 < body["scheduleParams"]["startTime"] - (time.time() + 86400 + margin_s) < 5
