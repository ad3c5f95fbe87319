"""Keep: secrets that the program leaves as Platform has them, for an account that Platform already has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dynamic_host import Host, Made, Values
from examples import named
from ground import BASIC, SALESFORCE, VEEVA
from sandbox import FLOW, IS_LIVE, Sandbox

from aep_pulumi import KEEP, BaseConnection, Dataset
from aep_pulumi.errors import GuardError

if IS_LIVE:
    pytest.skip("creates an account with a made-up login", allow_module_level=True)

CLEAR = {"environmentUrl": "https://acme.my.salesforce.com", "username": "acme"}
SECRETS = {"password": KEEP, "securityToken": KEEP}
LOGIN = {**CLEAR, "password": "opensesame", "securityToken": "open-token"}


def account(name: str, **params: Any) -> Values:
    return {
        "name": name,
        "connection_spec_id": SALESFORCE,
        "auth": {"spec_name": BASIC, "params": {**CLEAR, **SECRETS, **params}},
    }


@pytest.fixture
def imported(host: Host, sandbox: Sandbox) -> Iterator[Made]:
    """An account that was created elsewhere, in the state with its secrets unknown."""
    inputs = account(named("kept"))
    body = {"name": inputs["name"], "auth": {"specName": BASIC, "params": LOGIN}}
    made_id = sandbox.ok("POST", f"{FLOW}/connections", body | {"connectionSpec": {"id": SALESFORCE, "version": "1.0"}})["id"]
    looked_up = host.looked_up(BaseConnection, made_id)
    assert looked_up is not None
    inputs |= {"connection_spec_version": "1.0"}
    made = Made(made_id, {**looked_up.inputs, **inputs}, {**looked_up.outputs, **inputs})
    yield made
    host.delete(made)


def patches(sandbox: Sandbox, made: Made) -> list[Any]:
    """The bodies of the updates of this account, as the local Platform logged them: with secrets masked."""
    logged = sandbox.ok("GET", "/_local/requests")["requests"]
    return [each["body"] for each in logged if each["method"] == "PATCH" and made.id in each["path"]]


def test_a_kept_secret_is_no_difference_and_never_sent(host: Host, sandbox: Sandbox, imported: Made) -> None:
    program = imported.program_inputs
    assert not host.preview(imported, program).changes
    refreshed = host.read(imported)
    assert refreshed is not None
    assert not host.preview(refreshed, program).changes

    renamed = host.update(imported, program | {"name": f"{program['name']}, renamed"})
    assert patches(sandbox, imported) == [[{"op": "replace", "path": "/name", "value": f"{program['name']}, renamed"}]]
    assert renamed.outputs["auth"]["params"]["password"] == KEEP


def test_all_secrets_set_are_one_update(host: Host, sandbox: Sandbox, imported: Made) -> None:
    program = account(imported.inputs["name"], password="rotated", securityToken="rotated")  # noqa: S106 - not one
    assert host.preview(imported, program).changes
    updated = host.update(imported, program)
    ((operation,),) = patches(sandbox, imported)
    assert (operation["path"], set(operation["value"])) == ("/auth/params", set(LOGIN))
    assert not host.preview(updated, program).changes


def test_a_secret_set_earlier_may_become_kept_and_is_not_sent_again(host: Host, sandbox: Sandbox, imported: Made) -> None:
    full = account(imported.inputs["name"], password="rotated", securityToken="rotated")  # noqa: S106 - not one
    updated = host.update(imported, full)
    kept = full | {"auth": {"spec_name": BASIC, "params": {**full["auth"]["params"], "password": KEEP}}}
    assert not host.preview(updated, kept).changes
    again = host.update(updated, kept | {"description": "described"})
    assert [[each["path"] for each in body] for body in patches(sandbox, imported)] == [["/auth/params"], ["/description"]]
    assert again.outputs["auth"]["params"]["password"] == "rotated"  # noqa: S105 - not one
    with pytest.raises(GuardError, match=r"auth\.params\.password is aep\.KEEP: set it too"):
        host.preview(again, account(kept["name"], securityToken="rotated", username="other") | {"description": "described"})


@pytest.mark.parametrize("params", [{"password": "rotated"}, {"username": "other"}])
def test_a_change_with_a_kept_secret_is_rejected_in_preview(host: Host, imported: Made, params: Values) -> None:
    program = account(imported.inputs["name"], **params)
    missing = " and ".join(f"auth.params.{name}" for name in SECRETS if name not in params)
    with pytest.raises(GuardError, match=f"needs all secrets, because Platform takes them as a whole, but {missing} (is|are) "):
        host.preview(imported, program)


def test_a_replacement_with_a_kept_secret_is_rejected_in_preview(host: Host, imported: Made) -> None:
    with pytest.raises(GuardError, match="a change of connection_spec_id would replace it, and the new one needs all secrets"):
        host.preview(imported, imported.program_inputs | {"connection_spec_id": VEEVA})


def test_a_create_with_a_kept_secret_is_rejected_in_preview(host: Host) -> None:
    failures = host.check(BaseConnection, account("new"), in_preview=True).failures
    assert [reason for _, reason in failures] == [
        f"auth.params.{name} is aep.KEEP, but a new object has no secret on Platform that could stay: set it" for name in SECRETS
    ]


def test_only_credentials_can_be_kept(host: Host, imported: Made) -> None:
    reason = "is aep.KEEP, which only secrets accept, because Platform returns everything else: set the value"
    assert ("", f"name {reason}") in host.check(Dataset, {"name": KEEP, "schema_id": "x"}).failures
    assert not host.preview(imported, account(imported.inputs["name"], username=KEEP)).changes
