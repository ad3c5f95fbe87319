"""Base connection: the account in the system that rows come from."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, TypedDict

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.client import flow_service, redaction
from aep_pulumi.models.flow_service import BaseConnection as Found
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, WRITE_ONLY, Inputs, Problem, Secret, Text, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

CLEAR = redaction.CLEAR
"""The parameters of Adobe's connectors that are no secret. Every other one is taken for one."""


class Auth(Inputs):
    """How Platform signs in to the source."""

    noun = "base connection's auth"

    spec_name: Annotated[str, REPLACES]
    """The authentication's name in the connection spec, such as `OAuth2 Client Credential`."""
    params: Annotated[dict[str, Text], WRITE_ONLY, Secret(clear=CLEAR)]
    """Its parameters, by the connection spec's names. Platform masks the secrets, so a change made there is not seen; a
    change made here sends all of them."""


class BaseConnectionInputs(Described):
    """What a program may say of a base connection."""

    noun = "base connection"

    connection_spec_id: Annotated[str, REPLACES]
    """The connector, by the id of its connection spec."""
    connection_spec_version: Annotated[str, REPLACES] = "1.0"
    """The connection spec's version."""
    auth: Auth
    """How Platform signs in to the source."""


class BaseConnectionProvider(Provider[BaseConnectionInputs, Found]):
    """Performs `/flowservice/connections`."""

    inputs = BaseConnectionInputs
    model = Found
    collection = staticmethod(flow_service.base_connections)

    def problems(self, wanted: BaseConnectionInputs) -> Iterator[Problem]:
        if is_unknown(wanted.connection_spec_id) or is_unknown(wanted.auth) or is_unknown(wanted.auth.spec_name):
            return
        ways = flow_service.auth_of(flow_service.spec(self.platform, "/connectionSpecs", id=wanted.connection_spec_id))
        required = ways.get(wanted.auth.spec_name)
        if required is None:
            yield Problem(
                "auth.spec_name", f"is {wanted.auth.spec_name!r}, but this connector takes {' or '.join(map(repr, ways))}"
            )
        elif not is_unknown(wanted.auth.params):
            for name in required:
                if name not in wanted.auth.params:
                    yield Problem(f"auth.params.{name}", f"is required with {wanted.auth.spec_name!r}")

    def to_wire(self, wanted: BaseConnectionInputs, state: Values) -> Values:
        return wanted.described(
            {
                "connectionSpec": {"id": wanted.connection_spec_id, "version": wanted.connection_spec_version},
                "auth": {"specName": wanted.auth.spec_name, "params": dict(wanted.auth.params)},
            },
        )

    def from_wire(self, found: Found) -> Values:
        return {
            "name": found.name,
            "description": found.description,
            "connection_spec_id": found.connection_spec.id,
            "connection_spec_version": found.connection_spec.version,
            "auth": {
                "spec_name": found.auth.spec_name,
                "params": {name: value for name, value in found.auth.params.items() if name in CLEAR},
            },
        }


class AuthArgs(TypedDict):
    """How Platform signs in to the source."""

    spec_name: Input[str]
    params: Mapping[str, Input[str]]


class BaseConnection(Resource, provider=BaseConnectionProvider):
    """The account in the system that rows come from, shared by the source connections of all its tables.

    Platform refuses to delete one that a dataflow still uses. Source: Adobe's guide "Create a base connection using the Flow
    Service API".
    """

    name: Output[str]
    description: Output[str | None]
    connection_spec_id: Output[str]
    connection_spec_version: Output[str]
    auth: Output[Part]

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            name: Input[str],
            connection_spec_id: Input[str],
            auth: Input[AuthArgs],
            description: Input[str] | None = None,
            connection_spec_version: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
