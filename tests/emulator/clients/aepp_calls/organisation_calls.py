"""Sandboxes and identity namespaces: the calls of the client's classes for an organisation."""

from __future__ import annotations

from typing import Any

from aepp.identity import Identity  # type: ignore[import-not-found]
from aepp.sandboxes import Sandboxes  # type: ignore[import-not-found]
from aepp.schema import Schema  # type: ignore[import-not-found]
from recorder import Recorder


def run(call: Recorder, url: str) -> None:
    """Make the calls."""
    namespaces(call, url)
    b2b(call)
    sandboxes(call)


def namespaces(call: Recorder, url: str) -> None:
    """Identity namespaces."""
    api = call(Identity)
    # The client does not take this address from its settings.
    api.endpoint = url + "/data/core"
    made = call(api.createIdentity, "aepp loyalty", "aeppLoyalty", "CROSS_DEVICE", "cards")
    call(api.createIdentity, dict_identity={"name": "aepp mail", "code": "aeppMail", "idType": "EMAIL"})
    call.check("they are listed", holds="aeppLoyalty" in [each["code"] for each in call(api.getIdentities, save=True)])
    call.check("Adobe's are left out", holds=len(call(api.getIdentities, only_custom=True)) == 2)
    call(api.getIdentityDetail, str(made["id"]), save=True)
    call(api.getIdentityDetail, "aeppLoyalty")
    updated = call(api.updateIdentity, str(made["id"]), "aepp card", "aeppLoyalty", "CROSS_DEVICE", "plastic")
    call.check("it is updated", holds="aepp card" in str(updated))
    call(api.getIdentitiesIMS)
    call(api.getIdentitiesIMS, "LOCAL@AdobeOrg")
    call.check("there are nine", holds=len(call(api.createB2BIdentities)) == 9)


def b2b(call: Recorder) -> None:
    """The schemas of B2B, which the client makes of Adobe's classes."""
    registry = call(Schema)
    made = call(registry.createB2Bschemas)
    call.check("there are ten", holds=len(made or {}) == 10)


def sandboxes(call: Recorder) -> None:
    """Sandboxes from creation to deletion."""
    api: Any = call(Sandboxes)
    call(api.getSandboxTypes)
    call(api.createSandbox, "aepp-box", "aepp box")
    call.check("it is listed", holds="aepp-box" in [each["name"] for each in call(api.getSandboxes)])
    call.check("it has its title", holds=call(api.getSandbox, "aepp-box")["title"] == "aepp box")
    # Adobe's OpenAPI leaves the id out of what a user reads.
    call(api.getSandboxId, "aepp-box")
    call(api.updateSandbox, "aepp-box", {"title": "aepp box again"})
    # It is being created for half a minute, and reset for another one.
    call.pass_time(60)
    call(api.resetSandbox, "aepp-box")
    call.pass_time(60)
    call(api.deleteSandbox, "aepp-box")
    call(api.createSandbox, "aepp-prod-box", "aepp prod box", type_sandbox="production")
