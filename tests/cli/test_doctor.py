"""`aep doctor`: what it reports in each situation, which requests it sends, and its exit codes."""

import base64
import json
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from real_platform import CONNECTION, CONNECTIONS, LocalPlatform, running
from servers import answering, answering_over_tls, certificate, free_url

from aep_pulumi.cli import aep
from aep_pulumi.cli._doctor.checks import CHECKS
from aep_pulumi.cli._doctor.findings import Status
from aep_pulumi.cli._doctor.tokens import claims_of, ends_at_s, scopes_of
from aep_pulumi.emulator.ims.tokens import PREFIX
from aep_pulumi.journals.entries import Candidate, Entry
from aep_pulumi.journals.folder import FolderJournal
from aep_pulumi.kinds import KINDS

pytestmark = pytest.mark.slow

HOUR, DAY = 3600, 86_400
PULUMI = """#!/bin/sh
case "$1 $2" in
"version "*) echo v3.259.0 ;;
"whoami "*) echo '{{"user": "ann", "url": "s3://states"}}' ;;
"about "*) /bin/cat "{folder}/about.json" ;;
"config "*) /bin/cat "{folder}/config.json" ;;
"stack export") /bin/cat "{folder}/state.json" ;;
"stack output") echo '{{}}' ;;
"stack --show-name") echo dev ;;
esac
"""
SPEC = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
PASSPHRASE = {"type": "passphrase", "state": {"salt": "v1:x"}}


@pytest.fixture(scope="module")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with running(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@dataclass
class Examined:
    """A stack with one base connection, on a local Platform that counts as a real one because its endpoint is an IP address."""

    folder: Path
    platform: LocalPlatform
    connection_id: str
    environ: dict[str, str] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    shown: str = ""
    """The output of the last run."""

    def config(self, **settings: str | None) -> None:
        """Set the stack's config; None omits a setting."""
        left_out = {f"aep:{name}" for name, value in settings.items() if value is None}
        values = self.platform.config(**{name: value for name, value in settings.items() if value is not None})
        kept = {key: {"value": value} for key, value in values.items() if key not in left_out}
        (self.folder / "config.json").write_text(json.dumps(kept))

    def state(self, *, pending: Any = (), connection_id: str | None = None) -> None:
        """The stack's state."""
        resource = {
            "urn": "urn:pulumi:dev::crm::pulumi-python:dynamic/aep:BaseConnection::account",
            "type": "pulumi-python:dynamic/aep:BaseConnection",
            "id": connection_id or self.connection_id,
            "inputs": {"name": "CRM", "connection_spec_id": SPEC},
        }
        deployment = {"resources": [resource], "pending_operations": list(pending), "secrets_providers": PASSPHRASE}
        (self.folder / "state.json").write_text(json.dumps({"version": 3, "deployment": deployment}))

    def pulumi(self, script: str) -> None:
        """Install a `pulumi` that runs this script first."""
        program = self.folder / "bin" / "pulumi"
        program.parent.mkdir(exist_ok=True)
        shebang, _, rest = PULUMI.format(folder=self.folder).partition("\n")
        program.write_text(f"{shebang}\n{script}\n{rest}")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, *args: str, code: int = 0) -> Result:
        """Run the command in the stack's folder."""
        environ = {
            "PATH": str(self.folder / "bin"),
            "AEP_HOME": str(self.folder / "home"),
            "COLUMNS": "400",
            "PULUMI_CONFIG_PASSPHRASE": "tell-nobody",
        }
        environ |= self.environ
        named = environ | dict.fromkeys(self.unset)  # None unsets one
        result = CliRunner().invoke(aep, ["doctor", *args], env=named, prog_name="aep")
        self.shown = result.output
        assert result.exit_code == code, result.output
        for secret in ("local-secret", PREFIX, "tell-nobody"):
            assert secret not in result.output
        return result

    def lines(self, *args: str, code: int = 0) -> dict[str, str]:
        """The report of each subject, as `status: message → action`."""
        reported: dict[str, str] = {}
        subject = ""
        for line in self.run(*args, code=code).stdout.splitlines():
            if named := re.match(r"(ok|warning|error|-) +(\S.*?)  +(\S.*)", line):
                mark, subject, message = named.groups()
                reported[subject] = f"{mark}: {message.rstrip()}"
            elif action := re.match(r" +(→ .*)", line):
                reported[subject] += f" {action[1].rstrip()}"
        return reported

    def document(self, code: int = 0) -> Any:
        """The document that `--json` prints."""
        return json.loads(self.run("--json", code=code).stdout)


@pytest.fixture
def stack(running_platform: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Examined]:
    running_platform.control("POST", "/reset")
    made = running_platform.client().call("POST", CONNECTIONS, body=CONNECTION).body()
    assert isinstance(made, dict)
    examined = Examined(tmp_path, running_platform, made["id"])
    examined.config()
    examined.state()
    examined.pulumi("")
    about = {"runtime": {"language": "python", "executable": sys.executable, "version": "3"}}
    (tmp_path / "about.json").write_text(json.dumps(about))
    (tmp_path / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AEP_ENDPOINT", "AEP_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    yield examined
    running_platform.control("POST", "/reset")


def own_token(**claims: object) -> str:
    """An unsigned token with these claims."""
    parts = ({"alg": "RS256"}, claims, "no signature")
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def variables(platform: LocalPlatform, sandbox: str) -> dict[str, str]:
    """The settings as environment variables."""
    address = {"AEP_ENDPOINT": platform.url, "AEP_IMS_ENDPOINT": platform.url, "AEP_SANDBOX": sandbox}
    return address | {
        "AEP_ORGANIZATION": "LOCAL@AdobeOrg",
        "AEP_CLIENT_ID": "local-client",
        "AEP_CLIENT_SECRET": "local-secret",
    }


def issued_token(platform: LocalPlatform) -> str:
    """A token that was fetched outside of the stack."""
    form = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}
    return str(platform.session.post(f"{platform.url}/ims/token/v3", data=form, timeout=10).json()["access_token"])


def sent(platform: LocalPlatform) -> list[str]:
    return [f"{each['method']} {each['path']}" for each in platform.control("GET", "/requests")["requests"]]


# -- the eight situations ---------------------------------------------------------------------------------------------


def test_everything_is_ok(stack: Examined) -> None:
    lines = stack.lines()
    assert {line.partition(":")[0] for line in lines.values()} == {"ok"}
    assert lines["Stack"] == "ok: crm/dev: 1 object of Platform in its state"
    assert lines["Backend"] == "ok: s3://states, as ann"
    assert lines["Program's Python"].endswith(sys.executable)
    assert lines["Token"] == "ok: issued to client local-client, for 23 h 59 min; runs renew it"  # noqa: S105 - no token
    assert lines["Scopes"].endswith("(requested)")
    assert lines["Organization"] == "ok: LOCAL@AdobeOrg; sandboxes of this credential: dev, prod, stage"
    assert lines["Sandbox"] == "ok: dev, of type development"
    assert lines["BaseConnection account"] == "ok: Platform authenticates to Salesforce with OAuth2 Client Credential"
    for kind in KINDS:
        assert lines[kind.name] == f"ok: may be read (GET {kind.path})"
    assert stack.shown.endswith("\nNo problems found.\n")


def test_only_reads_are_sent(stack: Examined) -> None:
    stack.platform.control("POST", "/reset")
    stack.run(code=1)  # the base connection was deleted by the reset
    requests = sent(stack.platform)
    assert {line for line in requests if not line.startswith("GET ")} == {"POST /ims/token/v3"}
    assert {kind.path for kind in KINDS} <= {line.removeprefix("GET ") for line in requests}
    objects_before = stack.platform.control("GET", "/objects")
    assert [objects for kinds in objects_before.values() for objects in kinds.values() if objects] == []


def test_the_secret_is_wrong(stack: Examined) -> None:
    stack.config(clientSecret="an-old-secret")
    lines = stack.lines(code=1)
    assert "an-old-secret" not in stack.shown
    assert stack.shown.endswith("\n1 error, 5 not checked.\n")
    assert lines["Token"].startswith("error: Platform returned 401 invalid_client for POST /ims/token/v3")
    assert "→ no token for client 'local-client': check aep:clientId, aep:clientSecret and aep:scopes" in lines["Token"]
    assert lines["Credential"] == "-: not checked: it needs the check of Token above"
    assert lines["Permissions"] == "-: not checked: it needs the check of Sandbox above"
    assert lines["Connectors"] == "-: not checked: it needs the check of Permissions above"
    assert lines["Clock"].startswith("ok: ")


def test_the_given_access_token_has_expired(stack: Examined) -> None:
    stack.config(clientSecret=None, accessToken=issued_token(stack.platform))
    assert stack.lines()["Token"] == "ok: aep:accessToken is set; its expiry is unknown"  # noqa: S105 - no token
    stack.platform.fault("token_expired", path="sandbox-management", times=1)
    lines = stack.lines(code=1)
    assert re.match(r"error: Platform returned 401 401013 for GET \S+: .* \(request id \S+\) → ", lines["Credential"])
    assert "the token in aep:accessToken has expired or was revoked: set a new one with `pulumi config set" in lines["Credential"]
    assert lines["Sandbox"].startswith("-: not checked")


def test_a_given_token_with_an_expiry_is_checked_before_it_is_sent(stack: Examined) -> None:
    def ready(ends_in_s: float) -> None:
        created_ms = round((time.time() - DAY + ends_in_s) * 1000)
        stack.config(
            clientSecret=None, accessToken=own_token(created_at=f"{created_ms:.0f}", expires_in=f"{DAY * 1000}", scope="a")
        )

    ready(-2 * HOUR - 5)
    lines = stack.lines(code=1)
    assert lines["Token"].startswith("error: the token in aep:accessToken expired 2 h ago → `pulumi config set --secret aep:acc")
    assert lines["Credential"] == "-: not checked: it needs the check of Token above"
    ready(600 + 5)
    assert lines["IMS"] == "ok: not used: aep:accessToken is set"
    assert stack.lines(code=1)["Token"].startswith("warning: the token in aep:accessToken expires in 10 min")
    ready(5 * HOUR + 5)
    assert stack.lines(code=1)["Token"] == "ok: the token in aep:accessToken expires in 5 h"  # noqa: S105 - no token


def test_the_sandbox_does_not_exist(stack: Examined) -> None:
    stack.config(sandbox="devv")
    lines = stack.lines(code=1)
    assert lines["Sandbox"] == (
        "error: sandbox 'devv' does not exist in LOCAL@AdobeOrg, or the credential has no access to it "
        "→ did you mean dev? set aep:sandbox to one of dev, prod, stage"
    )
    assert lines["Organization"].startswith("ok: ")
    assert lines["Permissions"] == "-: not checked: it needs the check of Sandbox above"


def test_one_permission_is_missing(stack: Examined) -> None:
    stack.platform.control("POST", "/permissions", {"deny": ["catalog"]})
    lines = stack.lines(code=1)
    assert stack.shown.endswith("\n1 error.\n")
    assert lines["Dataset"].startswith("error: Platform returned 403 for GET /data/foundation/catalog/dataSets: You do not have")
    assert (
        "→ the credential lacks a permission in Catalog: ask an administrator to give its role the permission 'View Datasets'"
        in (lines["Dataset"])
    )
    assert lines["Schema"].startswith("ok: ")
    assert lines["BaseConnection account"].startswith("ok: ")


def test_checks_that_need_the_missing_permission_name_it(stack: Examined) -> None:
    stack.platform.control("POST", "/permissions", {"deny": ["flowservice"]})
    lines = stack.lines(code=1)
    assert "'View Sources'" in lines["BaseConnection"]
    assert lines["Connectors"] == "-: not checked: it needs the check of Permissions of BaseConnection above"


def test_the_clock_is_an_hour_off(stack: Examined) -> None:
    stack.platform.control("POST", "/clock", {"ahead_s": HOUR + 1})
    lines = stack.lines()
    assert re.fullmatch(
        r"warning: this machine's clock is (1 h|59 min \d+ s) behind Platform's → synchronize it with a time server: .*",
        lines["Clock"],
    )
    assert stack.shown.endswith("\n1 warning.\n")


def test_the_endpoint_cannot_be_reached(stack: Examined) -> None:
    stack.config(endpoint=(url := free_url()))
    lines = stack.lines(code=1)
    assert lines["Platform"] == (
        f"error: {url.removeprefix('http://')} cannot be reached (connection refused): nothing was sent "
        "→ check aep:endpoint and the network; if it needs a proxy, set HTTPS_PROXY"
    )
    assert lines["Clock"] == "-: not checked: it needs the check of Platform above"
    assert lines["Token"].startswith("ok: ")
    assert lines["Credential"] == "-: not checked: it needs the check of Platform above"


def test_the_certificate_is_not_trusted(stack: Examined) -> None:
    made, key = certificate(stack.folder, "localhost")
    with answering_over_tls(made, key) as (url, received):
        stack.config(endpoint=url)
        lines = stack.lines(code=1)
        assert re.fullmatch(
            r"error: the certificate of localhost:\d+ is not trusted \(self.signed certificate\) "
            r"→ if it is your own network's, set aep:caBundle to a file with the certificate authority that signed it",
            lines["Platform"],
        )
        assert received == []
        stack.config(endpoint=url, caBundle=str(made))
        lines = stack.lines(code=1)
    assert lines["Certificates"] == f"ok: using {made}, set by aep:caBundle"
    assert lines["Platform"] == f"ok: {url} responds"


# -- this machine -----------------------------------------------------------------------------------------------------


def test_without_pulumi_the_settings_of_the_environment_are_checked(stack: Examined) -> None:
    (stack.folder / "bin" / "pulumi").unlink()
    lines = stack.lines(code=1)
    assert lines["Settings"] == (
        "-: not checked: it needs the check of Stack above → select a stack, or set AEP_ENDPOINT and the other AEP_* variables"
    )
    assert not (stack.folder / "home" / "platform.json").exists(), "no local Platform is started implicitly"
    stack.environ = variables(stack.platform, "stage")
    lines = stack.lines(code=1)
    assert lines["Pulumi CLI"].startswith("error: `pulumi` is not on PATH → install it: ")
    for needs_it in ("Program's Python", "Backend"):
        assert lines[needs_it] == "-: not checked: it needs the check of Pulumi CLI above"
    assert lines["Stack"] == "-: not checked: it needs the check of Backend above"
    assert lines["Settings"].endswith("sandbox stage, client local-client, from environment variables only")
    assert lines["Sandbox"] == "ok: stage, of type development"
    assert lines["Salesforce"] == "ok: available in this organisation; not used by a base connection yet"


def test_without_a_stack_everything_else_is_checked(stack: Examined) -> None:
    stack.pulumi(
        'if [ "$2" = --show-name ]; then echo "error: no stack selected; please use pulumi stack select" >&2; exit 1; fi'
    )
    stack.environ = variables(stack.platform, "dev")
    lines = stack.lines()
    assert lines["Stack"].startswith("warning: pulumi cannot name the stack: no stack selected → ")
    assert lines["Passphrase"] == "-: not checked: it needs the check of Stack above"  # noqa: S105 - no token
    assert lines["Sandbox"] == "ok: dev, of type development"
    assert stack.lines("--stack", "nope", code=1)["Stack"].startswith("error: pulumi cannot name the stack: no stack selected")


def test_the_passphrase_is_wrong_or_missing(stack: Examined) -> None:
    stack.pulumi('if [ "$1" = config ]; then echo "error: incorrect passphrase" >&2; exit 1; fi')
    lines = stack.lines(code=1)
    assert lines["Passphrase"].startswith(
        "error: pulumi cannot read the stack's config: incorrect passphrase → set PULUMI_CONFIG_PASSPHRASE"
    )
    assert lines["Settings"] == "-: not checked: it needs the check of Passphrase above"
    assert lines["Platform"] == "-: not checked: it needs the check of Settings above"
    stack.pulumi("")
    stack.unset = frozenset({"PULUMI_CONFIG_PASSPHRASE"})
    lines = stack.lines(code=1)
    assert lines["Passphrase"].startswith("error: neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set")
    assert lines["Sandbox"].startswith("ok: "), "the config contains no encrypted secret"


def test_the_backend_cannot_be_reached(stack: Examined) -> None:
    stack.pulumi('if [ "$1" = whoami ]; then echo "error: PULUMI_ACCESS_TOKEN must be set" >&2; exit 1; fi')
    lines = stack.lines(code=1)
    assert lines["Backend"].endswith("PULUMI_ACCESS_TOKEN must be set → `pulumi login`, or set PULUMI_BACKEND_URL")
    assert lines["Stack"] == "-: not checked: it needs the check of Backend above"


def test_the_backends_password_is_never_shown(stack: Examined) -> None:
    url = "postgres://ann:pass-word@127.0.0.1:1/states"
    stack.pulumi(f"""if [ "$1" = whoami ]; then echo '{{"user": "ann", "url": "{url}"}}'; exit 0; fi""")
    assert stack.lines()["Backend"] == "ok: postgres://ann:***@127.0.0.1:1/states, as ann"
    stack.pulumi(f"""if [ "$1" = whoami ]; then echo 'error: cannot connect to {url}' >&2; exit 1; fi""")
    stack.environ = {"PULUMI_BACKEND_URL": url}
    assert "cannot connect to postgres://ann:***@127.0.0.1:1/states" in stack.lines(code=1)["Backend"]
    assert "pass-word" not in stack.shown


def test_the_programs_python_has_no_package_or_another_version(stack: Examined) -> None:
    bare = stack.folder / "python"
    for answer, expected in (
        (
            "exit 1",
            f"error: aep-pulumi is not installed for {bare}, so `pulumi up` cannot run the program → `{bare} -m pip",
        ),
        ("echo 0.0.1 3.1.0", f"warning: {bare} has aep-pulumi 0.0.1 and pulumi 3.1.0, this command "),
    ):
        bare.write_text(f"#!/bin/sh\n{answer}\n")
        bare.chmod(0o755)
        (stack.folder / "about.json").write_text(json.dumps({"runtime": {"language": "python", "executable": str(bare)}}))
        code = 1 if expected.startswith("error") else 0
        assert stack.lines(code=code)["Program's Python"].startswith(expected)
    (stack.folder / "about.json").write_text("")
    assert stack.lines()["Program's Python"].startswith("warning: unknown: Pulumi reports no Python for this folder")


def test_another_major_version_of_the_cli_is_an_error(stack: Examined) -> None:
    stack.pulumi('if [ "$1" = version ]; then echo v4.0.0; exit 0; fi')
    assert stack.lines(code=1)["Pulumi CLI"].startswith("error: 4.0.0, but the SDK is 3.")


def test_all_invalid_settings_are_reported_at_once(stack: Examined) -> None:
    stack.config(organization="LOCAL", clientId="two words")
    reasons = [each["message"] for each in stack.document(code=1)["checks"] if each["check"] == "settings"]
    assert len(reasons) == 2
    assert "aep:organization is invalid ('LOCAL' is not an organisation id" in reasons[0]
    assert "aep:clientId is invalid" in reasons[1]


def test_pending_operations_of_a_killed_run_are_named_with_the_recover_command(stack: Examined) -> None:
    urn = "urn:pulumi:dev::crm::pulumi-python:dynamic/aep:Dataset::people"
    resource = {"urn": urn, "type": "pulumi-python:dynamic/aep:Dataset", "inputs": {}}
    stack.state(pending=[{"type": "creating", "resource": resource}])
    journal = FolderJournal(stack.folder / "home" / "journal", stack.folder / "home" / "begun")
    created = Entry("c0ffee", 1.0, urn=urn, stack="crm/dev", organization="LOCAL@AdobeOrg", sandbox="dev", kind="Dataset")
    entry = replace(created, candidates=(Candidate("5ab5"),))
    claimed = journal.claim(entry)
    assert stack.lines()["Journal"] == "ok: no pending create of this stack", "a live process owns it"
    journal.release(claimed)
    lines = stack.lines()
    assert lines["Pending operations"].startswith("warning: a killed run was creating Dataset people: its outcome is unknown")
    assert "`pulumi cancel`, then `aep recover`" in lines["Pending operations"]
    assert lines["Journal"] == (
        "warning: a create of Dataset people was sent, and its outcome is unknown "
        "→ `aep recover` lists the candidates; `aep recover --dry-run` changes nothing"
    )


# -- between this machine and Adobe -----------------------------------------------------------------------------------


def test_a_proxy_is_shown_without_its_password(stack: Examined) -> None:
    proxy = free_url().removeprefix("http://")
    stack.config(endpoint="https://platform.adobe.io", imsEndpoint="https://ims-na1.adobelogin.com")
    stack.environ = {"HTTPS_PROXY": f"http://me:pass-word@{proxy}"}
    result = stack.run(code=1)
    assert "pass-word" not in result.output
    assert f"platform.adobe.io through {proxy}" in result.stdout
    assert f"platform.adobe.io cannot be reached through the proxy {proxy}" in result.stdout
    assert f"ims-na1.adobelogin.com cannot be reached through the proxy {proxy}" in result.stdout


def test_a_captive_portal_is_not_mistaken_for_platform(stack: Examined) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>") as (url, _received):
        stack.config(endpoint=url)
        assert "returned 200 and no JSON: the response may come from a proxy or a login page" in stack.lines(code=1)["Platform"]


def test_without_a_date_header_the_clock_is_not_judged(stack: Examined) -> None:
    with answering(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}") as (url, _received):
        stack.config(endpoint=url)
        assert stack.lines(code=1)["Clock"].startswith("warning: unknown: Platform returned no valid Date header")


def test_a_missing_certificate_bundle_is_named_with_its_variable(stack: Examined) -> None:
    stack.config(endpoint="https://localhost:1")
    stack.environ = {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"}
    line = stack.lines(code=1)["Certificates"]
    assert line == "error: file /nowhere/ca.pem does not exist → correct REQUESTS_CA_BUNDLE, or remove it"


# -- on Platform ------------------------------------------------------------------------------------------------------


def test_the_token_belongs_to_another_organisation(stack: Examined) -> None:
    stack.config(organization="OTHER@AdobeOrg")
    lines = stack.lines(code=1)
    assert lines["Credential"].startswith("ok: ")
    assert "403025" in lines["Organization"]
    assert "→ the credential is not entitled to use aep:organization: ask an administrator" in lines["Organization"]
    assert lines["Sandbox"] == "-: not checked: it needs the check of Organization above"


def test_the_client_id_differs_from_that_of_the_token(stack: Examined) -> None:
    stack.config(clientSecret=None, accessToken=issued_token(stack.platform), clientId="another")
    assert "→ the token was issued to another client than aep:clientId" in stack.lines(code=1)["Credential"]


def test_a_credential_that_may_not_read_sandboxes_may_still_write(stack: Examined) -> None:
    stack.platform.control("POST", "/permissions", {"deny": ["sandbox-management"]})
    document = stack.document()
    statuses = [(each["subject"], each["status"]) for each in document["checks"] if each["check"] in {"organization", "sandbox"}]
    assert statuses == [("Organization", "warning"), ("Sandbox", "warning"), ("Sandbox", "warning")]
    messages = [each["message"] for each in document["checks"] if each["check"] == "sandbox"]
    assert messages[1] == "dev is of type unknown, which counts as production, and this stack is not allowed to write to it"
    assert "ok" in {each["status"] for each in document["checks"] if each["check"] == "permissions"}


def test_for_a_production_sandbox_the_report_names_whether_the_stack_may_write(stack: Examined) -> None:
    stack.config(sandbox="prod")
    line = stack.lines(code=1)["Sandbox"]  # the base connection is in another sandbox
    assert line.startswith("warning: prod is of type production, and this stack is not allowed to write to it → ")
    stack.config(sandbox="prod", allowProduction="true")
    assert stack.lines(code=1)["Sandbox"] == "ok: prod, of type production; aep:allowProduction lets this stack write to it"


def test_a_base_connection_that_was_deleted_on_platform_is_an_error(stack: Examined) -> None:
    stack.platform.client().call("DELETE", f"{CONNECTIONS}/{stack.connection_id}")
    assert stack.lines(code=1)["BaseConnection account"] == (
        f"error: {stack.connection_id} is in the stack's state but not on Platform "
        "→ run `pulumi refresh`, then `pulumi up` to create it again"
    )


def test_an_outage_fails_only_the_check_that_met_it(stack: Examined) -> None:
    stack.platform.fault("outage_before", path="mappingSets", status=501)
    lines = stack.lines(code=1)
    assert lines["MappingSet"].startswith("error: Platform returned 501 for GET /data/foundation/conversion/mappingSets")
    assert lines["Dataflow"].startswith("ok: ")
    assert lines["BaseConnection account"].startswith("ok: ")


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_the_document_has_stable_keys(stack: Examined) -> None:
    document = stack.document()
    assert list(document) == ["stack", "endpoint", "organization", "sandbox", "checks", "counts", "exit_code"]
    assert (document["stack"], document["sandbox"], document["exit_code"]) == ("crm/dev", "dev", 0)
    assert {tuple(each) for each in document["checks"]} == {("check", "subject", "status", "message", "action")}
    assert list(dict.fromkeys(each["check"] for each in document["checks"])) == [check.name for check in CHECKS]
    assert document["counts"] == {"ok": len(document["checks"]), "warning": 0, "error": 0, "not_checked": 0}
    assert [status.value for status in Status] == list(document["counts"])
    assert stack.platform.url == document["endpoint"]


def test_a_check_depends_only_on_earlier_checks() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for at, check in enumerate(CHECKS):
        assert {need.partition("/")[0] for need in check.needs} <= set(names[:at])


@pytest.mark.parametrize(
    ("token", "ends_s"),
    [
        (lambda: own_token(created_at="1000000", expires_in="86400000"), 87_400.0),
        (lambda: own_token(exp=87_400), 87_400.0),
        (lambda: own_token(created_at="soon", expires_in="86400000"), None),
        (lambda: own_token(scope="openid"), None),
        (lambda: "a.b", None),
        (lambda: "a.####.c", None),
        (lambda: "a.bm90IGpzb24.c", None),
        (lambda: "a.WzFd.c", None),
    ],
)
def test_the_expiry_of_a_token_is_read_or_unknown(token: Callable[[], str], ends_s: float | None) -> None:
    assert ends_at_s(claims_of(token())) == ends_s


def test_scopes_are_read_in_both_formats() -> None:
    assert scopes_of("openid, AdobeID,session") == scopes_of("session AdobeID openid") == {"openid", "AdobeID", "session"}
    assert scopes_of(None) == frozenset()
