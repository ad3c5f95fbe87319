"""Identity namespaces: the example inputs, valid values, and external changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

import jsonpatch
from dynamic_host import Values
from examples import Example, Rejected, become, replaced, texts
from ground import Ground
from hypothesis import strategies as st
from sandbox import RUN, Json, Sandbox
from strategies import Decided, Edit, edits_of_texts

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.identity_namespace import IdentityNamespaceInputs

NAMESPACES = "/data/core/idnamespace/identities"


def example(_ground: Ground) -> Example:
    """A namespace of CRM ids, new at each call: Platform never deletes it."""
    code = _code()
    minimal: Values = {"name": f"{RUN} {code}", "code": code, "id_type": "Cross_device"}
    return Example(
        minimal,
        # Another code: the namespace of the minimal example still exists.
        minimal | {"code": f"{code}full", "description": "the description of the full example"},
        {
            **texts("name"),
            "code": become(("code", f"{code}2"), drift=Rejected((replaced("/code", f"{code}2"),))),
            "id_type": become(("id_type", "Email"), drift=Rejected((replaced("/idType", "EMAIL"),))),
        },
        numbered=lambda number: minimal | {"code": f"{code}n{number}"},
    )


def _code() -> str:
    return f"Crm{uuid.uuid4().hex[:12]}"


STRATEGIES: Mapping[type[Inputs], Decided] = {IdentityNamespaceInputs: lambda _: {"code": st.builds(_code)}}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    """Name and description."""
    yield from edits_of_texts(inputs, ground)


def edit(sandbox: Sandbox, object_id: str, operations: tuple[Json, ...]) -> None:
    """Put the whole object, as Identity Service requires."""
    at = f"{NAMESPACES}/{object_id}"
    current = sandbox.ok("GET", at)
    sent = {name: current[name] for name in ("name", "code", "idType", "description") if name in current}
    sandbox.ok("PUT", at, jsonpatch.apply_patch(sent, list(operations)))
