"""Rule `no-idle-connection`: every connection has a dataflow that uses it."""

from collections.abc import Iterator, Sequence

from rule import Declared, Settings, StackRule, declare, sentence

from aep_pulumi.kinds import BASE_CONNECTION, BY_NAME, DATAFLOW, KINDS, SOURCE_CONNECTION, TARGET_CONNECTION

_CONNECTIONS = [BY_NAME[name] for name in (BASE_CONNECTION, SOURCE_CONNECTION, TARGET_CONNECTION)]
_USES = [(kind, user, name) for kind in _CONNECTIONS for user in KINDS for name, on in user.depends_on.items() if on == kind.name]
"""Each kind of connection, the kind that uses it, and the property that is wired to it."""


def _judge(resources: Sequence[Declared], _settings: Settings) -> Iterator[tuple[Declared, str]]:
    for kind, user, name in _USES:
        used = [resource.used(name) for resource in resources if resource.kind == user.name]
        if None in used:
            continue  # one names a connection by its id, which may be any of them
        for connection in resources:
            if connection.kind == kind.name and connection not in used:
                yield (
                    connection,
                    sentence(
                        says=f"its id is the {name} of none",
                        limit=f"where every {kind.noun} should have a {user.noun} that uses it",
                        fix="remove it, wire it, or name it in `exempt` in the policy pack's settings if another stack uses it",
                    ),
                )


_SOURCE = declare(SOURCE_CONNECTION, "contacts", {"table_name": "Contact"})

NO_IDLE_CONNECTION = StackRule(
    name="no-idle-connection",
    description="Every connection has a dataflow that uses it.",
    judge=_judge,
    settings={},
    keeps=[_SOURCE, declare(DATAFLOW, "contacts", {"source_connection_id": _SOURCE})],
    breaks=[_SOURCE],
    why="Deleting a dataflow on Platform leaves its connections behind. A stack in which a dataflow names its connection by a "
    "written id is not judged: the id may be any connection's.",
)
