"""Base connections: the example inputs, valid values, and external changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, become, named, replaced, seen, texts
from ground import BASIC, SALESFORCE, VEEVA, Ground
from hypothesis import strategies as st
from strategies import NAMES, Decided, Draw, Edit, add, edits_of_texts

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.base_connection import Auth, BaseConnectionInputs

OAUTH = {
    "spec_name": "OAuth2 Client Credential",
    "params": {
        "environmentUrl": "https://acme.my.salesforce.com",
        "clientId": "acme",
        "clientSecret": "opensesame",
        "apiVersion": "52.0",
    },
}


def example(ground: Ground) -> Example:
    """A login to Salesforce."""
    name, login = named("base"), ground.login()
    minimal = {"name": name, "connection_spec_id": SALESFORCE, "auth": {"spec_name": BASIC, "params": dict(login)}}
    full = minimal | {
        "description": "the description of the full example",
        "connection_spec_version": "1.0",
        "auth": {"spec_name": BASIC, "params": {**login, "apiVersion": "52.0"}},
    }
    params = full["auth"]["params"]  # type: ignore[index]
    return Example(
        minimal,
        full,
        {
            **texts("name"),
            "connection_spec_id": become(("connection_spec_id", VEEVA), drift=Rejected((replaced("/connectionSpec/id", VEEVA),))),
            "connection_spec_version": become(
                ("connection_spec_version", "2.0"), drift=Rejected((replaced("/connectionSpec/version", "2.0"),))
            ),
            "auth": become(("auth", OAUTH), drift=Rejected((replaced("/auth", {"specName": BASIC, "params": params}),))),
            "auth.spec_name": become(
                ("auth.spec_name", OAUTH["spec_name"]),
                ("auth.params", OAUTH["params"]),
                drift=Rejected((replaced("/auth/specName", OAUTH["spec_name"]),)),
            ),
            "auth.params": become(
                ("auth.params.password", "rotated"),
                drift=seen("auth.params.username", replaced("/auth/params", {**params, "username": "somebody"})),
            ),
        },
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    Auth: lambda _: {"spec_name": st.just(BASIC), "params": st.just({})},
    BaseConnectionInputs: lambda _: {
        "connection_spec_id": st.sampled_from([SALESFORCE, VEEVA]),
        "connection_spec_version": st.just("1.0"),
    },
}


def fitted(draw: Draw, inputs: Values, _ground: Ground, like: Values | None) -> Values:
    is_salesforce = inputs["connection_spec_id"] == SALESFORCE
    ways = {BASIC: ("environmentUrl", "username", "password", "securityToken")}
    if is_salesforce:
        ways["OAuth2 Client Credential"] = ("environmentUrl", "clientId", "clientSecret", "apiVersion")
        ways["OAuth2 JWT Token Credential"] = ("jwtToken", "clientId", "clientSecret", "instanceUrl")
    spec_name = like["auth"]["spec_name"] if like else draw(st.sampled_from(sorted(ways)))
    params = {name: draw(NAMES) for name in ways[spec_name]}
    if is_salesforce and spec_name == BASIC and draw(st.booleans()):
        params["apiVersion"] = draw(NAMES)
    return inputs | {"auth": {"spec_name": spec_name, "params": params}}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    params = inputs["auth"]["params"]
    for name in params:
        is_clear = name in {"environmentUrl", "username", "clientId", "instanceUrl", "apiVersion"}
        yield add("/auth/params", params | {name: f"edited {uuid.uuid4()}"}, *(("auth", "params", name) if is_clear else ()))
    if inputs["connection_spec_id"] == SALESFORCE and inputs["auth"]["spec_name"] == BASIC and "apiVersion" not in params:
        yield add("/auth/params", params | {"apiVersion": "edited"})
