"""Rule `no-idle-connection`: every connection has a dataflow that uses it."""

from collections.abc import Iterator, Sequence

from rule import KINDS, Declared, Settings, StackRule, declare, sentence

_USERS = {
    "BaseConnection": ("SourceConnection", "base_connection_id"),
    "SourceConnection": ("Dataflow", "source_connection_id"),
    "TargetConnection": ("Dataflow", "target_connection_id"),
}
"""For each kind of connection the kind that uses it, and the property that is wired to it."""


def _judge(resources: Sequence[Declared], _settings: Settings) -> Iterator[tuple[Declared, str]]:
    for kind, (user_kind, name) in _USERS.items():
        users = [resource for resource in resources if resource.kind == user_kind]
        if any(user.used(name, kind) is None for user in users):
            continue  # it names a connection by its id, which may be any of them
        in_use = {user.used(name, kind) for user in users}
        for connection in resources:
            if connection.kind == kind and connection not in in_use:
                yield (
                    connection,
                    sentence(
                        says=f"its id is the {name} of none",
                        limit=f"where every {KINDS[kind]} should have a {KINDS[user_kind]} that uses it",
                        fix="remove it, wire it, or name it in `exempt` in the policy pack's settings if another stack uses it",
                    ),
                )


_SOURCE = declare("SourceConnection", "contacts", {"table_name": "Contact"})

NO_IDLE_CONNECTION = StackRule(
    name="no-idle-connection",
    description="Every connection has a dataflow that uses it.",
    judge=_judge,
    settings={},
    keeps=[_SOURCE, declare("Dataflow", "contacts", {"source_connection_id": _SOURCE})],
    breaks=[_SOURCE],
    why="Deleting a dataflow on Platform leaves its connections behind. A stack in which a dataflow names its connection by a "
    "written id is not judged: the id may be any connection's.",
)
