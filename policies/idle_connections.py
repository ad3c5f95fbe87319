"""Rule `no-idle-connection`: every connection is used."""

from collections.abc import Iterator, Sequence

from rule import Declared, Settings, StackRule, declare, sentence

from aep_pulumi.kinds import BASE_CONNECTION, BY_NAME, DATAFLOW, KINDS, SOURCE_CONNECTION, TARGET_CONNECTION

_CONNECTIONS = [BY_NAME[name] for name in (BASE_CONNECTION, SOURCE_CONNECTION, TARGET_CONNECTION)]
_USES = [(kind, user, name) for kind in _CONNECTIONS for user in KINDS for name, on in user.depends_on.items() if on == kind.name]
"""Each kind of connection, the kind that uses it, and the property that refers to it."""


def _judge(resources: Sequence[Declared], _settings: Settings) -> Iterator[tuple[Declared, str]]:
    for kind, user, name in _USES:
        used = [resource.used(name) for resource in resources if resource.kind == user.name]
        if None in used:
            continue  # a reference by plain id may be to any connection
        for connection in resources:
            if connection.kind == kind.name and connection not in used:
                yield (
                    connection,
                    sentence(
                        says=f"it is not used as {name}",
                        limit=f"and every {kind.noun} should have a {user.noun} that uses it",
                        fix="remove it, use it, or add it to `exempt` in the policy pack's settings if another stack uses it",
                    ),
                )


_SOURCE = declare(SOURCE_CONNECTION, "contacts", {"table_name": "Contact"})

NO_IDLE_CONNECTION = StackRule(
    name="no-idle-connection",
    description="Every connection is used: a base connection by a source connection, the others by a dataflow.",
    judge=_judge,
    settings={},
    keeps=[_SOURCE, declare(DATAFLOW, "contacts", {"source_connection_id": _SOURCE})],
    breaks=[_SOURCE],
    why="Deleting a dataflow on Platform leaves its connections behind. If a resource refers to a connection by a literal id, "
    "the rule does not check that kind of connection: the id may be any connection's.",
)
