"""Sandbox: the sandbox under test, accessed with `requests` alone, as another person or Platform's UI would."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import jsonpatch
import pytest
import requests
from dynamic_host import Kind
from per_kind import about

from aep_pulumi import FieldGroup, IdentityDescriptor, MappingSet, Schema
from aep_pulumi.errors import SettingsError
from aep_pulumi.resources import KINDS
from aep_pulumi.settings import Settings

Json = dict[str, Any]
Operations = list[Json]

IS_LIVE = os.environ.get("AEP_LIVE") == "1"
"""Whether the suite runs on a real sandbox, configured by the AEP_* variables."""

RUN = f"conformance {uuid.uuid4().hex[:8]}"
"""What the names of all objects of this run begin with."""

FLOW = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry"
CATALOG = "/data/foundation/catalog"
PREP = "/data/foundation/conversion"

MARK_TAG = "aep-pulumi/create"
"""The tag that holds the create mark."""

XED = "application/vnd.adobe.xed+json; version=1"
XDM = "application/vnd.adobe.xdm+json"

PATHS: Mapping[Kind, str] = {kind: kind.provider.law.path for kind in KINDS}
"""The path of the objects of each kind."""

_SOURCE_TYPES = {"text/x.schema-path": "ATTRIBUTE", "STATIC": "STATIC"}
_OF_SETS = ("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy")
# Set by the server and the provider: different each time, and never set by a program.
_STAMPS = {
    *_OF_SETS,
    "$id",
    "@id",
    "meta:altId",
    "meta:registryMetadata",
    "etag",
    "createdAt",
    "updatedAt",
    "lastOperation",
    "runs",
    "created",
    "updated",
    "viewId",
    "basePath",
    "files",
    "adobe/pqs/table",
    MARK_TAG,
}


class Rejected(Exception):  # noqa: N818 - an event, not an error of the tests
    """Platform rejected a request of the tests' own."""


class Sandbox:
    """One sandbox of one organisation. Thread-safe."""

    def __init__(self, session: requests.Session, url: str, **headers: str) -> None:
        self._session, self.url, self._headers = session, url, headers
        self.is_local = not IS_LIVE
        self._lock = threading.Lock()
        self._seen = 0

    # -- any request ----------------------------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Send a request unchanged."""
        extra_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        return self._session.request(
            method,
            self.url + path,
            data=content,
            headers={"Content-Type": "application/json"} | self._headers | extra_headers
            if body is not None
            else self._headers | extra_headers,
            timeout=60,
        )

    def ok(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request that must succeed; returns its JSON, or None."""
        answer = self.send(method, path, body, **headers)
        if not answer.ok:
            raise Rejected(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    # -- an object of any kind ------------------------------------------------------------------------------------------

    def read(self, kind: Kind, object_id: str) -> Json:
        """An object as Platform returns it, without the service's envelope."""
        path, at = PATHS[kind], quote(object_id, safe="")
        if path.startswith(FLOW):
            (item,) = self.ok("GET", f"{path}/{at}")["items"]
            return dict(item)
        if path.startswith(CATALOG):
            return dict(self.ok("GET", f"{path}/{at}")[object_id])
        if path.startswith(PREP):
            return self._newest(f"{path}/{at}")
        return dict(self.ok("GET", f"{path}/{at}", Accept=XDM if kind is IdentityDescriptor else XED))

    def exists(self, kind: Kind, object_id: str) -> bool:
        """Whether the object exists."""
        accept = XDM if kind is IdentityDescriptor else XED
        answer = self.send("GET", f"{PATHS[kind]}/{quote(object_id, safe='')}", Accept=accept)
        return answer.ok and answer.json() not in ({}, {"items": []})

    def plain(self, kind: Kind, object_id: str) -> Json:
        """An object without server-set fields, so that two can be compared."""
        shown = self.read(kind, object_id)
        own = {name: value for name, value in shown.items() if name not in _STAMPS}
        if isinstance(own.get("tags"), dict):
            own["tags"] = {name: sorted(values) for name, values in own["tags"].items() if name not in _STAMPS}
        if kind is MappingSet:
            own["mappings"] = [{key: each[key] for key in each if key not in _STAMPS} for each in own["mappings"]]
            # An update removes the mark: it is no longer needed once the create is known.
            own["tags"] = [tag for tag in own.get("tags", ()) if tag["name"] != MARK_TAG]
        if kind in {Schema, FieldGroup}:
            own["allOf"] = sorted(own["allOf"], key=str)
            for name in ("meta:extends", "meta:intendedToExtend"):
                own[name] = sorted(own.get(name, ()))
        return own

    def edit(self, kind: Kind, object_id: str, *operations: Json) -> None:
        """Change an object externally, by a JSON Patch, or the service's equivalent.

        If a kind's service has its own way, its module defines it as `edit`.
        """
        path, at = PATHS[kind], quote(object_id, safe="")
        if own := getattr(about(kind), "edit", None):
            own(self, object_id, operations)
        elif path.startswith(FLOW):
            etag = self.read(kind, object_id)["etag"]
            self.ok("PATCH", f"{path}/{at}", list(operations), If_Match=etag)
        elif path.startswith(CATALOG):
            self.ok("PATCH", f"{path}/{at}", list(operations), Content_Type="application/json-patch+json")
        elif path.startswith(PREP):
            self.ok("PUT", f"{path}/{at}", jsonpatch.apply_patch(_sendable(self._newest(f"{path}/{at}")), list(operations)))
        elif kind is IdentityDescriptor:
            self.ok("PUT", f"{path}/{at}", jsonpatch.apply_patch(_of_program(self.read(kind, object_id)), list(operations)))
        else:
            self.ok("PATCH", f"{path}/{at}", list(operations))

    def remove(self, kind: Kind, object_id: str) -> None:
        """Delete an object externally."""
        self.ok("DELETE", f"{PATHS[kind]}/{quote(object_id, safe='')}")

    def _newest(self, path: str) -> Json:
        newest: Json = self.ok("GET", path, None)
        while (answer := self.send("GET", f"{path}?version={newest['version'] + 1}")).ok:
            newest = answer.json()
        return newest

    # -- the local Platform's own API -----------------------------------------------------------------------------------

    def new_requests(self) -> list[Json]:
        """The requests to the local Platform since the last call, except for tokens; oldest first."""
        assert not IS_LIVE, "only the local Platform has a request log"
        with self._lock:
            log = self._session.get(f"{self.url}/_local/requests", params={"since": str(self._seen)}, timeout=60).json()[
                "requests"
            ]
            self._seen = max([self._seen, *(entry["seq"] for entry in log)])
        return [entry for entry in log if not entry["path"].startswith("/ims/")]

    def has_started(self, at: float) -> None:
        """Wait until a time has passed, in epoch seconds."""
        time.sleep(max(0.0, at + 1.05 - time.time()))


def _sendable(mapping_set: Json) -> Json:
    """A mapping set as it is written: a read returns more fields, and other names for the types."""
    mappings = [
        {key: each[key] for key in ("source", "destination", "name", "description") if each.get(key) is not None}
        | {"sourceType": _SOURCE_TYPES.get(each["sourceType"], "EXPRESSION")}
        for each in mapping_set["mappings"]
    ]
    named = {"name": mapping_set["name"]} if mapping_set.get("name") is not None else {}
    return copy.deepcopy(named | {"outputSchema": mapping_set["outputSchema"], "mappings": mappings})


def _of_program(descriptor: Json) -> Json:
    return {name: value for name, value in descriptor.items() if name == "@type" or name.startswith("xdm:")}


def local(session: requests.Session, url: str) -> Sandbox:
    """The local Platform, with an access token."""
    form = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}
    token = session.post(f"{url}/ims/token/v3", data=form, timeout=60).json()["access_token"]
    return Sandbox(session, url, **_headers(token, "local-client", "LOCAL@AdobeOrg", "dev"))


def live(session: requests.Session) -> Sandbox:
    """The real sandbox of the AEP_* variables, with an access token. Fails the test if it is not of type development."""
    try:
        settings = Settings.read({})
    except SettingsError as error:
        pytest.fail(f"AEP_LIVE=1 needs the settings of a real sandbox: {error}", pytrace=False)
    if settings.is_local:
        pytest.fail("AEP_LIVE=1 needs the settings of a real sandbox: set AEP_ENDPOINT to Platform's address", pytrace=False)
    token = settings.access_token.get_secret_value() if settings.access_token else ""
    if not token:
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value() if settings.client_secret else "",
            "scope": settings.scopes,
        }
        answer = session.post(f"{settings.ims_endpoint}/ims/token/v3", data=form, timeout=60)
        answer.raise_for_status()
        token = str(answer.json()["access_token"])
    headers = _headers(token, settings.client_id, settings.organization, settings.sandbox)
    sandbox = Sandbox(session, settings.endpoint, **headers)
    kind = sandbox.ok("GET", f"/data/foundation/sandbox-management/sandboxes/{settings.sandbox}").get("type")
    if kind != "development":
        pytest.fail(
            f"sandbox {settings.sandbox!r} is of type {kind}: these tests only write to development sandboxes", pytrace=False
        )
    return sandbox


def _headers(token: str, client_id: str, organization: str, sandbox: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "x-api-key": client_id,
        "x-gw-ims-org-id": organization,
        "x-sandbox-name": sandbox,
    }
