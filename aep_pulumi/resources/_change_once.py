"""Updates that are applied exactly once, even if the response is lost."""

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
    """Update an object exactly once.

    Args:
        platform: the client.
        send: sends the update. Its argument is None on the first attempt, then the object as read after the failed attempt.
        read: reads the object.
        is_done: whether the object, as read, contains the change.
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
                raise error.advise("the deadline expired before it could be verified: run `pulumi refresh`") from None
    raise AssertionError  # the last attempt returns or raises
