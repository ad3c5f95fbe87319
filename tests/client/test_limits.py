"""Limits: each setting fires where it is set, over real HTTP, and without it the outcome is another."""

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
from stand_in import answer, playing

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

P = TypeVar("P", bound=Provider[Any, Any])

ELSEWHERE = {
    "aep:organization": "ABC@AdobeOrg",
    "aep:sandbox": "dev",
    "aep:clientId": "client",
    "aep:accessToken": "ready",
}


def no_wait(_seconds: float) -> None:
    """Go on at once: a test counts tries, not seconds."""


FRESH = count(601)


def performing(provider: P, real: LocalPlatform, **settings: str) -> P:
    """A provider for a stack with these settings: its client is no other test's, for none has its deadline."""
    provider.keep(real.config(deadlineS=f"{next(FRESH)}", **settings))
    return provider


def to(url: str, environ: dict[str, str] | None = None, **settings: str) -> Client:
    """A client of a server that is no Platform."""
    config = ELSEWHERE | {"aep:endpoint": url} | {f"aep:{name}": value for name, value in settings.items()}
    return Client(Settings.read(config, environ or {}), sleep=no_wait)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a create that has begun is noted."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    return tmp_path


# -- connections and answers ------------------------------------------------------------------------------------------


def test_a_connection_must_stand_within_connectTimeoutS() -> None:  # noqa: N802 - the setting's name
    with slow_to_stand() as (url, go):
        with pytest.raises(UnreachableError, match=r"cannot be reached \(.*timed out.*\): nothing was sent"):
            to(url, connectTimeoutS="0.1").call("GET", "/x")
        threading.Timer(0.3, go.set).start()
        assert to(url).call("GET", "/x").status == 200


def test_platform_may_be_silent_for_readTimeoutS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("slow_after", method="POST", path=CONNECTIONS, delay_s=4)
    door = real.door(readTimeoutS="1.5")
    with pytest.raises(TimedOutError, match=rf"gave no whole answer to POST {CONNECTIONS} \(.*timed out.*\)"):
        door.call("POST", CONNECTIONS, body=CONNECTION)
    assert real.door().call("POST", CONNECTIONS, body=CONNECTION).status == 201
    assert real.writes() == [f"POST {CONNECTIONS} 201"] * 2


def test_an_operation_waits_and_tries_for_deadlineS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("throttled", retry_after_s=4, times=2)
    with pytest.raises(ThrottledError, match=r"; given up after 1 try: aep:deadlineS is 3 \(request id .+\)$"):
        real.door(deadlineS="3").call("GET", CONNECTIONS)
    assert real.door().call("GET", CONNECTIONS).status == 200
    assert real.said() == [f"GET {CONNECTIONS} {status}" for status in (429, 429, 200)]


def test_one_silence_takes_no_longer_than_the_deadline(real: LocalPlatform) -> None:
    real.fault("slow", delay_s=20)
    began = time.monotonic()
    with pytest.raises(TimedOutError, match="given up after"):
        real.door(deadlineS="0.4").call("GET", CONNECTIONS)
    assert time.monotonic() - began < 10


def test_a_longer_pause_than_longestRetryAfterS_is_an_outage(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("throttled", retry_after_s=2, times=2)
    waits: list[float] = []
    with pytest.raises(ThrottledError, match=r"asks for a pause of 2 s, and aep:longestRetryAfterS is 1\.5: try again"):
        real.door(longestRetryAfterS="1.5", sleep=waits.append).call("GET", CONNECTIONS)
    assert waits == []
    assert real.door(sleep=waits.append).call("GET", CONNECTIONS).status == 200
    assert waits == [2.0]


def test_all_operations_share_retryBudget_while_platform_is_sick(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("outage_before", status=503)

    def asked_four_times(door: Client) -> list[str]:
        said = []
        for _ in range(4):
            with pytest.raises(OutageError) as raised:
                door.call("GET", CONNECTIONS)
            said.append(str(raised.value))
        return said

    *_, last = asked_four_times(real.door(retryBudget="6", sleep=no_wait))
    assert len(real.said()) == 4 + 6
    assert "; given up after 1 try: Platform fails so often that the run's retries (aep:retryBudget is 6) are used up (" in last
    *_, last = asked_four_times(real.door(sleep=no_wait))
    assert len(real.said()) == 10 + 4 * 5
    assert "given up" not in last


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
def test_who_is_throttled_uses_up_nothing_that_is_meant_for_a_sick_platform(real: LocalPlatform, kind: str) -> None:
    real.fault(kind, times=9)
    assert real.door(retryBudget="0", sleep=no_wait).call("GET", CONNECTIONS).status == 200
    assert len(real.said()) == 10


def test_half_of_all_requests_throttled_fail_nothing(real: LocalPlatform) -> None:
    real.fault("throttled_bare", rate=0.5)
    door = real.door(sleep=no_wait)
    connections = flow_service.base_connections(door)
    ids = [connections.create(CONNECTION).id for _ in range(30)]
    assert sorted(real.held("connections")) == sorted(set(ids))
    said = real.said("")
    assert len([line for line in said if line.endswith(" 429")]) > 10
    assert len([line for line in said if not line.endswith(" 429")]) == 30 + 2, "one each, a token, the sandbox's type"


# -- waiting for what Platform has not finished -----------------------------------------------------------------------


@pytest.mark.parametrize(("settle_s", "made"), [("0", 2), ("20", 1)])
def test_a_look_up_believes_after_settleS_that_something_is_not_there(  # noqa: N802
    real: LocalPlatform, home: Path, settle_s: str, made: int
) -> None:
    assert home.is_dir()
    door = real.door(settleS=settle_s, soleWriter="true")
    connections = flow_service.base_connections(door)
    real.fault("lagging_reads", method="POST", path=CONNECTIONS, delay_s=3, times=1)
    tries = count(1)

    def make() -> RemoteObject:
        stored = connections.create(CONNECTION)
        if next(tries) == 1:
            raise TimedOutError("its answer was lost")
        return stored

    def find(since_s: float) -> list[RemoteObject]:
        return [each for each in connections.list(name="CRM") if (each.made_at_s or 0) >= since_s]

    stored = create_once(door, CreateRequest("one", "BaseConnection", "", ""), Steps(make, find))
    end_s = time.monotonic() + 20
    while len(held := real.held("connections")) < made and time.monotonic() < end_s:
        time.sleep(0.1)
    assert stored.id in held
    assert len(held) == made


def test_an_object_in_the_making_is_waited_for_as_long_as_readyS(real: LocalPlatform) -> None:  # noqa: N802
    real.fault("transient", method="POST", path=CONNECTIONS, delay_s=0.7)

    def renamed(door: Client) -> RemoteObject:
        connections = flow_service.base_connections(door)
        made = connections.create(CONNECTION)
        return connections.update(made.id, CONNECTION, {**CONNECTION, "name": "other"}, made.etag)

    with pytest.raises(RejectedError, match="1417-400"):
        renamed(real.door(readyS="0"))
    assert renamed(real.door()).etag


# -- whom to trust ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this machine's own for localhost, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    return certificate(tmp_path_factory.mktemp("certificates"), "localhost")


def test_a_certificate_of_ones_own_is_trusted_with_caBundle_alone(signed: tuple[Path, Path]) -> None:  # noqa: N802
    with answering_over_tls(*signed) as (url, heard):
        with pytest.raises(SettingsError) as raised:
            to(url).call("GET", "/x")
        assert str(raised.value) == (
            f"{url.removeprefix('https://')} shows a certificate that is not trusted (self-signed certificate), so nothing was "
            "sent: where it is your network's own, set aep:caBundle to a file with the certificate that it is signed by"
        )
        assert heard == []
        assert to(url, caBundle=str(signed[0])).call("GET", "/x").status == 200
        assert len(heard) == 1


def test_a_certificate_for_another_host_is_not_trusted_whoever_signed_it(signed: tuple[Path, Path], tmp_path: Path) -> None:
    other = certificate(tmp_path, "platform.example")
    both = tmp_path / "both.pem"
    both.write_bytes(other[0].read_bytes() + signed[0].read_bytes())
    with answering_over_tls(*other) as (url, heard):
        with pytest.raises(SettingsError, match=r"is not trusted \(hostname mismatch.*: check the address and the network$"):
            to(url, caBundle=str(both)).call("GET", "/x")
        assert heard == []


# -- proxies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy yet."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def to_nowhere() -> Client:
    return to("https://nowhere.invalid", {"AEP_ALLOW_HOSTS": "nowhere.invalid"})


@pytest.mark.parametrize(("status", "words"), [(403, "Forbidden"), (407, "Proxy Authentication Required")])
def test_a_proxy_that_refuses_is_named_without_its_password(proxies: pytest.MonkeyPatch, status: int, words: str) -> None:
    with answering(f"HTTP/1.1 {status} {words}\r\nContent-Length: 0\r\n\r\n".encode()) as (url, heard):
        port = url.rpartition(":")[2]
        proxies.setenv("HTTPS_PROXY", f"http://someone:hunter2@127.0.0.1:{port}")
        with pytest.raises(SettingsError) as raised:
            to_nowhere().call("GET", "/x")
    assert str(raised.value) == (
        f"nowhere.invalid cannot be reached through the proxy 127.0.0.1:{port} ({status} {words.lower()}), so "
        f"nothing was sent: correct the proxy in HTTPS_PROXY, or name the host in NO_PROXY"
    )
    assert [line.rpartition(b" HTTP/")[0].partition(b" HTTP/")[0] for line in heard] == [b"CONNECT nowhere.invalid:443"]


def test_a_proxy_that_is_not_there_is_named(proxies: pytest.MonkeyPatch) -> None:
    proxy = free_url().removeprefix("http://")
    proxies.setenv("HTTPS_PROXY", f"http://someone:hunter2@{proxy}")
    with pytest.raises(UnreachableError) as raised:
        to_nowhere().call("GET", "/x")
    assert str(raised.value) == (
        f"nowhere.invalid cannot be reached through the proxy {proxy} (connection refused): nothing was sent"
    )


def test_a_host_that_the_environment_excepts_goes_past_the_proxy(proxies: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        proxies.setenv("HTTPS_PROXY", url)
        proxies.setenv("NO_PROXY", "nowhere.invalid")
        with pytest.raises(UnreachableError, match=r"^nowhere\.invalid cannot be reached \("):
            to_nowhere().call("GET", "/x")
    assert heard == []


@pytest.mark.parametrize("tunnels", [False, True], ids=["direct", "through a proxy"])
@pytest.mark.parametrize("garbage", [False, True], ids=["closed", "garbage"])
def test_a_write_whose_connection_broke_is_sent_once_and_may_have_happened(
    proxies: pytest.MonkeyPatch, tmp_path: Path, *, tunnels: bool, garbage: bool
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    host = "nowhere.invalid" if tunnels else "localhost"
    made, key = certificate(tmp_path, host)
    with breaking(made, key, tunnels=tunnels, garbage=garbage) as (port, heard):
        if tunnels:
            proxies.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        network = RequestsTransport(ca_bundle=str(made))
        write = Request("POST", "https://nowhere.invalid/flows" if tunnels else f"https://localhost:{port}/flows", {}, {}, b"{}")
        with pytest.raises(TimedOutError, match="gave no whole answer to POST /flows"):
            network.send(write, timeout_s=(5.0, 5.0))
        network.close()
    assert [line.partition(b" HTTP/")[0] for line in heard] == [b"POST /flows"]


@pytest.mark.parametrize(
    "proxy", ["http://someone:hunter2@proxy.example:port", "socks5://someone:hunter2@127.0.0.1:9", "http://"]
)
def test_a_proxy_that_is_no_address_is_told_without_its_password(proxies: pytest.MonkeyPatch, proxy: str) -> None:
    proxies.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match=r"^nowhere\.invalid cannot be asked.*correct the proxy in HTTPS_PROXY") as raised:
        to_nowhere().call("GET", "/x")
    assert "hunter2" not in str(raised.value)


# -- what a stack may do ----------------------------------------------------------------------------------------------


def test_production_is_written_to_with_allowProduction_alone(real: LocalPlatform) -> None:  # noqa: N802
    with pytest.raises(GuardError) as raised:
        real.door(sandbox="prod").call("POST", CONNECTIONS, body=CONNECTION)
    assert str(raised.value) == (
        f"POST {CONNECTIONS} was not sent: sandbox 'prod' of LOCAL@AdobeOrg is of type production; to let this stack write to "
        "it, `pulumi config set aep:allowProduction true`"
    )
    assert real.writes() == []
    door = real.door(sandbox="prod", allowProduction="true")
    assert [door.call("POST", CONNECTIONS, body=CONNECTION).status for _ in range(2)] == [201, 201]
    assert len([line for line in real.said() if "sandbox-management" in line]) == 2, "once a run"


@pytest.mark.parametrize(
    "path",
    [
        "/data/foundation/catalog/dataSets/x",
        "/data/foundation/schemaregistry/tenant/schemas/x",
        "/data/foundation/schemaregistry/tenant/fieldgroups/x",
        "/data/foundation/schemaregistry/tenant/descriptors/x",
    ],
)
def test_what_holds_data_in_production_is_deleted_with_allowDestructive_alone(real: LocalPlatform, path: str) -> None:  # noqa: N802
    with pytest.raises(GuardError) as raised:
        real.door(sandbox="prod", allowProduction="true").call("DELETE", path)
    assert str(raised.value) == (
        f"DELETE {path} was not sent: sandbox 'prod' of LOCAL@AdobeOrg is of type production, and deleting this loses data for "
        "good; to accept that, `pulumi config set aep:allowDestructive true` as well; `pulumi destroy` hears of that with "
        "--run-program, or after a `pulumi up`"
    )
    assert real.writes() == []
    for door in (real.door(sandbox="prod", allowProduction="true", allowDestructive="true"), real.door()):
        before = len(real.writes())
        with suppress(NotFoundError):
            door.call("DELETE", path)
        assert len(real.writes()) == before + 1


def test_a_post_that_only_asks_needs_no_leave_in_production(real: LocalPlatform) -> None:
    preview = "/data/foundation/conversion/mappingSets/preview"
    with pytest.raises(RejectedError):  # by Platform, which has heard it
        real.door(sandbox="prod").call("POST", preview, body={}, asks=True)
    assert real.said()[-1].startswith(f"POST {preview}")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_no_kind_goes_round_the_guard(real: LocalPlatform, kind: type[Resource]) -> None:
    collection = kind.provider.collection(real.door(sandbox="prod"))
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


def test_what_holds_no_data_is_deleted_in_production_without_allowDestructive(real: LocalPlatform) -> None:  # noqa: N802
    door = real.door(sandbox="prod", allowProduction="true")
    made = flow_service.base_connections(door).create(CONNECTION)
    flow_service.base_connections(door).delete(made.id)
    assert real.held("connections", "prod") == []


@pytest.mark.parametrize("kind", ["staging", "Development", "DEVELOPMENT "])
def test_a_type_that_is_not_known_counts_as_production(real: LocalPlatform, kind: str) -> None:
    real.control("POST", "/sandboxes", {"name": "odd", "type": kind})
    with pytest.raises(GuardError, match=f"is of type {kind}, which counts as production; to let"):
        real.door(sandbox="odd").call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


def test_a_sandbox_that_may_not_be_looked_at_counts_as_production(real: LocalPlatform) -> None:
    real.control("POST", "/permissions", {"deny": ["sandbox-management"]})
    with pytest.raises(GuardError, match="is of type unknown, which counts as production; to let"):
        real.door().call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []
    assert real.door(allowProduction="true").call("POST", CONNECTIONS, body=CONNECTION).status == 201


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scopes": "openid AdobeID"}, "check aep:scopes: comma-separated"),
        ({"organization": "OTHER@AdobeOrg"}, "the credential is not entitled for aep:organization: ask an administrator"),
    ],
)
def test_a_credential_that_is_none_is_told_so_and_not_what_the_sandbox_may_be(
    real: LocalPlatform, settings: dict[str, str], words: str
) -> None:
    door = Client(Settings.read(real.config(**settings), {}))
    with pytest.raises(AuthError, match=words):
        door.call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


def test_a_refusal_to_look_at_the_sandbox_may_be_told_in_any_words() -> None:
    network = playing(answer(403, {"code": 403, "message": "Forbidden"}))
    network.sandboxes_by_script = True
    with pytest.raises(GuardError, match="is of type unknown, which counts as production"):
        network.platform().call("POST", CONNECTIONS, body=CONNECTION)


@pytest.mark.parametrize("state", ["deleting", "deleted"])
def test_a_sandbox_that_is_deleted_is_none(state: str) -> None:
    network = playing(answer(200, {"name": "dev", "type": "development", "state": state}))
    network.sandboxes_by_script = True
    with pytest.raises(SettingsError, match="there is no sandbox 'dev' in ABC@AdobeOrg: set aep:sandbox to one that exists"):
        network.platform().call("POST", CONNECTIONS, body=CONNECTION)


def test_a_sandbox_in_the_making_is_waited_for_and_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    made = {"name": "dev", "type": "development"}
    network = playing(*[answer(200, made | {"state": state}) for state in ("creating", "active")], answer(201, {"id": "x"}))
    network.sandboxes_by_script = True
    network.platform().call("POST", CONNECTIONS, body=CONNECTION)
    assert len(network.waits) == 1
    assert capsys.readouterr().err == "sandbox 'dev' is still creating: waiting\n"


def test_where_the_type_cannot_be_asked_for_nothing_is_written(real: LocalPlatform) -> None:
    real.fault("outage_before", path="sandbox-management", status=503)
    with pytest.raises(OutageError):
        real.door(sleep=no_wait, allowProduction="true").call("POST", CONNECTIONS, body=CONNECTION)
    assert real.writes() == []


@pytest.mark.parametrize(
    ("provider", "changed", "olds"),
    [
        (DescriptorProvider, "source_property", {"schema_id": "s", "source_property": "/_t/id", "namespace": "Email"}),
        (ProfileEnablementProvider, "schema_id", {"schema_id": "s"}),
    ],
    ids=["identity descriptor", "profile enablement"],
)
def test_what_decides_on_profiles_in_production_is_replaced_with_allowDestructive_alone(  # noqa: N802
    real: LocalPlatform, provider: type[Provider[Any, Any]], changed: str, olds: dict[str, Any]
) -> None:
    news = olds | {changed: "/_t/other"}

    def previewed(**settings: str) -> DiffResult:
        return performing(provider(), real, **settings).diff("x", olds, news)

    with pytest.raises(GuardError, match=rf"a changed {changed} would replace it in a sandbox of production, and it decides on "):
        previewed(sandbox="prod", allowProduction="true")
    assert real.writes() == []
    assert previewed(sandbox="prod", allowDestructive="true").replaces == [changed]
    assert previewed(sandbox="dev").replaces == [changed]


# -- previews and starts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("checks", "asked"), [("local", 0), ("platform", 1)])
def test_a_preview_asks_platform_as_checks_says(real: LocalPlatform, checks: str, asked: int) -> None:
    provider = performing(BaseConnectionProvider(), real, checks=checks)
    said: dict[str, Any] = {
        "name": "CRM",
        "connection_spec_id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
        "auth": {"spec_name": "No Such Way", "params": {"clientSecret": "hunter2"}},
    }
    failures = provider.check({}, said | {IN_PREVIEW: True}).failures
    assert len(failures) == asked
    assert len(real.said()) == asked


@pytest.mark.parametrize(("settings", "margin_s"), [({"startMarginS": "7200"}, 7200), ({}, 60)])
def test_a_missing_start_is_startMarginS_ahead_by_platforms_clock_though_nothing_was_asked_before(  # noqa: N802
    real: LocalPlatform, home: Path, settings: dict[str, str], margin_s: int
) -> None:
    assert home.is_dir()
    real.control("POST", "/clock", {"ahead_s": 86400})
    said = {
        "name": "flow",
        "source_connection_id": "no-source",
        "target_connection_id": "no-target",
        "mapping_set_id": "no-mapping",
        "mapping_set_version": 0,
        "schedule": {"frequency": "hour", "interval": 1},
        "delta_column": {"name": "LastModifiedDate"},
    }
    with pytest.raises(AepError):  # nothing of all that is there: what counts is what was sent
        performing(DataflowProvider(), real, **settings).create(said)
    (body,) = [each["body"] for each in real.control("GET", "/requests")["requests"] if each["path"].endswith("/flows")]
    assert -5 < body["scheduleParams"]["startTime"] - (time.time() + 86400 + margin_s) < 5
