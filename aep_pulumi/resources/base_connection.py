"""Base connection: an account in a source system."""

from collections.abc import Iterator, Mapping, Set as AbstractSet
from typing import Annotated

from aep_pulumi.client import flow_service, redaction
from aep_pulumi.kinds import nearest
from aep_pulumi.models import flow_service as wire
from aep_pulumi.resources._described import Described
from aep_pulumi.resources._fields import Inputs, Name, Problem, Values, is_unknown
from aep_pulumi.resources._flow_checks import CONNECTION_SPECS
from aep_pulumi.resources._marks import KEEP, REPLACES, WRITE_ONLY, Secret
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._signatures import BaseConnectionSignature
from aep_pulumi.resources._wire import Wire

CLEAR = redaction.CLEAR
"""The parameters of Adobe's connectors that are not secret. All others are treated as secrets."""


def _without_secrets(params: Mapping[str, object]) -> Values:
    return {name: value for name, value in params.items() if name in CLEAR}


class Auth(Inputs):
    """How Platform authenticates to the source."""

    noun = "base connection's auth"

    spec_name: Annotated[str, REPLACES, Wire("/specName")]
    """The name of the authentication type in the connection spec, such as `OAuth2 Client Credential`."""
    params: Annotated[dict[str, Name], WRITE_ONLY, Secret(clear=CLEAR), Wire("/params", read=_without_secrets)]
    """The parameters, by their names in the connection spec. Platform masks secrets, so changes made on Platform are not
    detected. An update sends all parameters. A secret that is `aep.KEEP` stays as Platform has it; nothing in `auth` can then be
    changed, and no account created."""


class BaseConnectionInputs(Described):
    """The inputs of a base connection."""

    connection_spec_id: Annotated[str, REPLACES, Wire("/connectionSpec/id")]
    """The connector, given by the id of its connection spec."""
    connection_spec_version: Annotated[str, REPLACES, Wire("/connectionSpec/version")] = "1.0"
    """The version of the connection spec."""
    auth: Annotated[Auth, Wire("/auth")]
    """How Platform authenticates to the source."""


class BaseConnectionProvider(Provider[BaseConnectionInputs, wire.BaseConnection]):
    """The provider of base connections."""

    inputs = BaseConnectionInputs
    model = wire.BaseConnection
    collection = staticmethod(flow_service.base_connections)

    def hidden(self, remote: wire.BaseConnection) -> Values:
        # Platform masks secrets, or leaves them out: then only the connection spec lists them.
        names = dict.fromkeys(name for name in remote.auth.params if name not in CLEAR)
        spec = CONNECTION_SPECS.get(self.platform, remote.connection_spec.id)
        required = flow_service.auth_of(spec).get(str(remote.auth.spec_name), ()) if spec else ()
        names |= dict.fromkeys(name for name in required if name not in remote.auth.params)
        return {"auth": {"params": dict.fromkeys(names, KEEP)}} if names else {}

    def problems(self, desired: BaseConnectionInputs, as_text: AbstractSet[str]) -> Iterator[Problem]:
        specs = CONNECTION_SPECS
        yield from specs.problems(self.platform, desired.connection_spec_id, desired.connection_spec_version)
        spec = specs.get(self.platform, desired.connection_spec_id)
        if spec is None or is_unknown(desired.auth) or is_unknown(desired.auth.spec_name):
            return
        types = flow_service.auth_of(spec)
        required = types.get(desired.auth.spec_name)
        if required is None:
            yield Problem(
                "auth.spec_name", f"is {desired.auth.spec_name!r}, but this connector supports {' or '.join(map(repr, types))}"
            )
        elif not is_unknown(desired.auth.params):
            for name in required:
                if name not in desired.auth.params:
                    yield Problem(f"auth.params.{name}", f"is required with {desired.auth.spec_name!r}")
            listed = flow_service.parameters_of(spec, desired.auth.spec_name)
            for name in desired.auth.params:
                # The spec may not list all parameters, so only names similar to a listed one are rejected as misspellings.
                near = nearest(name, set(listed) - desired.auth.params.keys(), cutoff=0.8) if name not in listed else None
                if near:
                    yield Problem(
                        f"auth.params.{name}", f"is not a parameter of {desired.auth.spec_name!r}: did you mean {near}?"
                    )


class BaseConnection(BaseConnectionSignature, provider=BaseConnectionProvider):
    """An account in a source system, shared by the source connections of all its tables.

    Platform rejects the deletion while a dataflow uses it. Source: Adobe's guide "Create a base connection using the Flow
    Service API".
    """
