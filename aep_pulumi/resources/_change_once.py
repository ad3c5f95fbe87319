"""Change once: a change of an object that happens once, whatever becomes of its answer."""

from collections.abc import Callable

from aep_pulumi.client import Client
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError, DeadlineError
from aep_pulumi.resources._once import MAX_ATTEMPTS, is_ambiguous, until_consistent


def changed_once(
    platform: Client,
    send: Callable[[RemoteObject | None], RemoteObject],
    read: Callable[[], RemoteObject],
    is_done: Callable[[RemoteObject], bool],
) -> RemoteObject:
    """Change an object, and only once.

    Args:
        platform: whose settings count.
        send: sends the change; given what was read since, where a try before went wrong.
        read: reads the object.
        is_done: whether what was read holds the change.
    """
    remote: RemoteObject | None = None
    for last in (*[False] * (MAX_ATTEMPTS - 1), True):
        try:
            return send(remote)
        except AepError as error:
            if last or not is_ambiguous(error):
                raise
            try:
                changed = until_consistent(platform, lambda: [each for each in [read()] if is_done(each)])
                if changed:
                    return changed[0]
                remote = read()
            except DeadlineError:
                raise error.advise("there was no time left to look whether it happened: run `pulumi refresh`") from None
    raise AssertionError  # the last round returns or raises
