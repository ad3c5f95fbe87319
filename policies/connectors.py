"""Rule `allowed-connectors`: rows come from connectors that the team allows."""

from collections.abc import Iterator

from known import text_at
from rule import Declared, ResourceRule, Settings, declare, sentence, shown

from aep_pulumi.kinds import BASE_CONNECTION, SOURCE_CONNECTION

CONNECTORS: dict[str, str] = {
    "Dynamics": "38ad80fe-8b06-4938-94f4-d4ee80266b07",
    "HubSpot": "cc6a4487-9e91-433e-a3a3-9cf6626c1806",
    "Salesforce": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
    "Veeva": "fcad62f3-09b0-41d3-be11-449d5a621b69",
}
"""The named connectors, with the ids of their connection specs. Any other connector is referred to by its id."""
PATTERN = rf"^({'|'.join(CONNECTORS)}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$"
"""The pattern of a connector in the settings: a name or an id. Misspelt names are rejected."""


def name_of(spec_id: str) -> str:
    """The name of a connector in settings and messages; its id if it has no name."""
    return next((name for name, known_id in CONNECTORS.items() if known_id == spec_id), spec_id)


def _judge(connection: Declared, settings: Settings) -> Iterator[str]:
    spec_id, allowed = text_at(connection.properties, "connection_spec_id"), settings["allowed"]
    if spec_id is not None and not {spec_id, name_of(spec_id)} & set(allowed):
        yield sentence(
            says=f"connection_spec_id is {shown(name_of(spec_id))}",
            limit=f"and the allowed connectors are {', '.join(allowed) or 'none'}",
            fix="use one of them, or add this one to `allowed` in the policy pack's settings",
        )


ALLOWED_CONNECTORS = ResourceRule(
    name="allowed-connectors",
    description="Rows come from connectors that the team allows.",
    kinds=[BASE_CONNECTION, SOURCE_CONNECTION],
    judge=_judge,
    settings={
        "allowed": {
            "type": "array",
            "items": {"type": "string", "pattern": PATTERN},
            "default": sorted(CONNECTORS),
            "description": "The allowed connectors: Dynamics, HubSpot, Salesforce, Veeva, or the connection spec id of another.",
        },
    },
    keeps=[declare(BASE_CONNECTION, "crm", {"connection_spec_id": CONNECTORS["Salesforce"]})],
    breaks=[declare(BASE_CONNECTION, "files", {"connection_spec_id": "32e8f412-cdf7-464c-9885-78184cb113fd"})],
)
