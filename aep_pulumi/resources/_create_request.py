"""The identity of a create request, and the operations with which its kind executes it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError, OccupiedError, ResponseError


@dataclass(frozen=True)
class CreateRequest:
    """What identifies a create.

    Attributes:
        content: the kind and its inputs, as text. Resources with the same content are created one after the other.
        kind: the resource's class.
        urn: the resource's URN, or "" if it is not known.
        mark: the unique mark of this request.
        stores_mark: whether the service stores the mark with the object.
        is_shared: whether Platform shares objects of this kind: an existing one is used, whoever created it.
        taken_code: the service's error code for a title that is already in use, or "".
    """

    content: str
    kind: str
    urn: str
    mark: str
    stores_mark: bool = False
    is_shared: bool = False
    taken_code: str = ""

    def is_taken(self, error: AepError) -> bool:
        """Whether a create failed because another object already has a value that must be unique."""
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
        finish: sets the fields that only a second request can set, unless they are set already.
        roll_back: deletes an object that could not be finished; False if it may still exist.
    """

    finish: Callable[[RemoteObject], RemoteObject]
    roll_back: Callable[[RemoteObject], bool]


@dataclass(frozen=True)
class Steps:
    """How a kind executes a create.

    Attributes:
        make: sends the POST. Its failure is ambiguous if Platform may have processed the request.
        creating: a context manager around each POST. It may reject a POST that Platform would accept but that must not happen;
            if entering it fails, nothing was sent. The callback it yields receives the id of the created object.
        find: lists the objects with the request's content that were created since a time, in epoch seconds.
        find_any: lists the objects of the kind that were created since a time, whatever their content.
        adopt: reads an object by its id and updates it to the desired state.
        second: the step after the POST, if there is one.
        mark_of: returns the mark of an object, or "".
        shared: returns the existing object with this title, for kinds that Platform shares; None if it cannot be read yet.
    """

    make: Callable[[], RemoteObject]
    find: Callable[[float], list[RemoteObject]]
    creating: Callable[[], AbstractContextManager[Callable[[str], None]]] = lambda: nullcontext(lambda _id: None)
    find_any: Callable[[float], list[RemoteObject]] = lambda _since_s: []
    adopt: Callable[[str], RemoteObject] = RemoteObject
    second: SecondStep | None = None
    mark_of: Callable[[RemoteObject], str] = lambda _remote: ""
    shared: Callable[[], RemoteObject | None] = lambda: None


def stack_of(urn: str) -> str:
    """The stack of a URN, as `project/stack`; "" if the text is not a URN."""
    place, _, rest = urn.partition("::")
    return f"{rest.partition('::')[0]}/{place.rpartition(':')[2]}" if rest else ""
