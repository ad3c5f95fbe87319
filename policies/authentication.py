"""Rule `allowed-authentication`: base connections authenticate in a way that the team allows."""

from collections.abc import Iterator

from connectors import CONNECTORS, PATTERN, name_of
from known import text_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import BASE_CONNECTION


def _judge(connection: Declared, settings: Settings) -> Iterator[str]:
    spec_id, method = text_at(connection.properties, "connection_spec_id"), text_at(connection.properties, "auth", "spec_name")
    if spec_id is None or method is None:
        return
    allowed = settings["allowed"].get(name_of(spec_id), settings["allowed"].get(spec_id))
    if allowed is not None and method not in allowed:
        yield sentence(
            says=f"auth.spec_name is {shown(method)}",
            limit=f"and for {name_of(spec_id)} the policy pack allows {' or '.join(map(repr, allowed)) or 'none'}",
            fix="use an allowed authentication, or add this one to `allowed` in the policy pack's settings",
        )


_SALESFORCE = CONNECTORS["Salesforce"]

ALLOWED_AUTHENTICATION = ResourceRule(
    name="allowed-authentication",
    description="Base connections authenticate in a way that the team allows.",
    kinds=[BASE_CONNECTION],
    judge=_judge,
    settings={
        "allowed": {
            "type": "object",
            "propertyNames": {"pattern": PATTERN},
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "default": {"Salesforce": ["OAuth2 Client Credential", "OAuth2 JWT Token Credential"]},
            "description": "The names of the allowed authentications, by connector; a connector that is not listed allows any.",
        },
    },
    keeps=[
        declare(BASE_CONNECTION, "crm", {"connection_spec_id": _SALESFORCE, "auth": {"spec_name": "OAuth2 Client Credential"}})
    ],
    breaks=[declare(BASE_CONNECTION, "crm", {"connection_spec_id": _SALESFORCE, "auth": {"spec_name": "Basic Authentication"}})],
    why="Adobe retired basic authentication for Salesforce in January 2026. The rule reads only the name of the authentication, "
    "never a credential.",
)
