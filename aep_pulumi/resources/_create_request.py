"""Create request: what tells one create from every other, and how its kind carries it out."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError, OccupiedError, ResponseError


@dataclass(frozen=True)
class CreateRequest:
    """A create: what tells it from every other one.

    Attributes:
        content: the kind and its inputs, as text. Two resources of one content are made one after the other.
        kind: the resource's class.
        urn: the resource, or "" where the engine did not say.
        mark: the mark of this very request.
        is_stored: whether the service stores the mark with the object.
        is_shared: whether Platform shares such objects by nature: whoever made it, it is the one.
        taken_code: the service's code where something else has the title already, or "".
    """

    content: str
    kind: str
    urn: str
    mark: str
    is_stored: bool = False
    is_shared: bool = False
    taken_code: str = ""

    def is_taken(self, error: AepError) -> bool:
        """Whether a create failed because something else already has what the object must have alone."""
        is_coded = isinstance(error, ResponseError) and bool(self.taken_code) and error.code == self.taken_code
        return is_coded or isinstance(error, OccupiedError)

    @property
    def stack(self) -> str:
        """The stack, as `project/stack`."""
        return stack_of(self.urn)


@dataclass(frozen=True)
class SecondStep:
    """What a create does after its POST.

    Attributes:
        finish: sets what only a second request can set, as far as that is missing.
        roll_back: deletes what could not be finished; False where it may still exist.
    """

    finish: Callable[[RemoteObject], RemoteObject]
    roll_back: Callable[[RemoteObject], bool]


@dataclass(frozen=True)
class Steps:
    """How a kind carries out a create.

    Attributes:
        make: sends the POST. A failure of it is ambiguous where Platform may have carried it out.
        creating: what surrounds each POST: may refuse one that Platform would accept and that must not happen, and is called with
            the id of what was made. A failure to enter it means that nothing was sent.
        find: the objects of the request's content that were made since a time, in epoch seconds.
        find_any: the objects of the kind that were made since a time, whatever their content.
        adopt: reads an object by its id and brings it to the desired state.
        second: what follows the POST, where something does.
        mark_of: the mark that an object carries, or "".
        shared: the object that has the title already, where Platform shares such objects; None where it cannot be read yet.
    """

    make: Callable[[], RemoteObject]
    find: Callable[[float], list[RemoteObject]]
    creating: Callable[[], AbstractContextManager[Callable[[str], None]]] = lambda: nullcontext(lambda _id: None)
    find_any: Callable[[float], list[RemoteObject]] = lambda _since_s: []
    adopt: Callable[[str], RemoteObject] = RemoteObject
    second: SecondStep | None = None
    mark_of: Callable[[RemoteObject], str] = lambda _stored: ""
    shared: Callable[[], RemoteObject | None] = lambda: None


def stack_of(urn: str) -> str:
    """The stack of a URN, as `project/stack`; "" where it is none."""
    place, _, rest = urn.partition("::")
    return f"{rest.partition('::')[0]}/{place.rpartition(':')[2]}" if rest else ""
