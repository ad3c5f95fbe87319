"""Shared: a value that all threads of a process need. One fetches it, the others wait and share the result or the error."""

import copy
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from aep_pulumi.client import deadline
from aep_pulumi.errors import AepError

T = TypeVar("T")


class Shared(Generic[T]):
    """A value fetched at most once. An error is raised in all threads that waited for it; later callers fetch again.

    If the waiting threads did not share the error, they would retry one after the other, and their waits would add up.
    """

    def __init__(self) -> None:
        self._fetching = threading.Lock()
        self._values: list[T] = []
        self._failures = 0
        self._failure: AepError | None = None

    def get(self, fetch: Callable[[], T], is_valid: Callable[[T], bool] = lambda _value: True) -> T:
        """The value, fetched if there is no valid one."""
        failures = self._failures
        with deadline.held(self._fetching, "a request that both need"):
            if self._values and is_valid(self._values[0]):
                return self._values[0]
            if self._failure is not None and self._failures != failures:
                # A copy, because each operation adds its own subject.
                raise copy.copy(self._failure) from None
            try:
                value = fetch()
            except AepError as error:
                self._failures, self._failure = self._failures + 1, copy.copy(error)
                raise
            self._values[:] = [value]
            return value

    def invalidate(self, matches: Callable[[T], bool]) -> None:
        """Discard the value if it matches."""
        with self._fetching:
            if self._values and matches(self._values[0]):
                self._values.clear()
