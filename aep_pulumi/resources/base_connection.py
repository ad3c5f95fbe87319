"""Base connection: the account in the system that rows come from."""

from collections.abc import Iterator, Mapping, Set as AbstractSet
from typing import Annotated

from aep_pulumi.client import flow_service, redaction
from aep_pulumi.kinds import nearest
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import REPLACES, WRITE_ONLY, Inputs, Name, Problem, Secret, Values, is_unknown
from aep_pulumi.resources._flow_checks import CONNECTION_SPECS
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import BaseConnectionSignature
from aep_pulumi.resources._wire import Wire

CLEAR = redaction.CLEAR
"""The parameters of Adobe's connectors that are no secret. Every other one is taken for one."""


def _without_secrets(params: Mapping[str, object]) -> Values:
    return {name: value for name, value in params.items() if name in CLEAR}


class Auth(Inputs):
    """How Platform signs in to the source."""

    noun = "base connection's auth"

    spec_name: Annotated[str, REPLACES, Wire("/specName")]
    """The authentication's name in the connection spec, such as `OAuth2 Client Credential`."""
    params: Annotated[dict[str, Name], WRITE_ONLY, Secret(clear=CLEAR), Wire("/params", read=_without_secrets)]
    """Its parameters, by the connection spec's names. Platform masks the secrets, so a change made there is not seen; a
    change made here sends all of them."""


class BaseConnectionInputs(Described):
    """What a program may say of a base connection."""

    connection_spec_id: Annotated[str, REPLACES, Wire("/connectionSpec/id")]
    """The connector, by the id of its connection spec."""
    connection_spec_version: Annotated[str, REPLACES, Wire("/connectionSpec/version")] = "1.0"
    """The connection spec's version."""
    auth: Annotated[Auth, Wire("/auth")]
    """How Platform signs in to the source."""


class BaseConnectionProvider(Provider[BaseConnectionInputs, wire.BaseConnection]):
    """Performs base connections."""

    inputs = BaseConnectionInputs
    model = wire.BaseConnection
    collection = staticmethod(flow_service.base_connections)

    def problems(self, wanted: BaseConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        specs = CONNECTION_SPECS
        yield from specs.problems(self.platform, wanted.connection_spec_id, wanted.connection_spec_version)
        spec = specs.get(self.platform, wanted.connection_spec_id)
        if spec is None or is_unknown(wanted.auth) or is_unknown(wanted.auth.spec_name):
            return
        ways = flow_service.auth_of(spec)
        required = ways.get(wanted.auth.spec_name)
        if required is None:
            yield Problem(
                "auth.spec_name", f"is {wanted.auth.spec_name!r}, but this connector takes {' or '.join(map(repr, ways))}"
            )
        elif not is_unknown(wanted.auth.params):
            for name in required:
                if name not in wanted.auth.params:
                    yield Problem(f"auth.params.{name}", f"is required with {wanted.auth.spec_name!r}")
            listed = flow_service.parameters_of(spec, wanted.auth.spec_name)
            for name in wanted.auth.params:
                # The spec may not list them all: only what nearly is one of them is a misspelling.
                near = nearest(name, set(listed) - wanted.auth.params.keys(), cutoff=0.8) if name not in listed else None
                if near:
                    yield Problem(f"auth.params.{name}", f"is no parameter of {wanted.auth.spec_name!r}: did you mean {near}?")


class BaseConnection(BaseConnectionSignature, provider=BaseConnectionProvider):
    """The account in the system that rows come from, shared by the source connections of all its tables.

    Platform refuses to delete one that a dataflow still uses. Source: Adobe's guide "Create a base connection using the Flow
    Service API".
    """
