"""Shared: an answer that all threads of a process need: one asks for it, the others wait, and share its failure too."""

import copy
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from aep_pulumi.client import deadline
from aep_pulumi.errors import AepError

T = TypeVar("T")


class Shared(Generic[T]):
    """One answer. A failure is told to all who waited for it; who asks later asks anew.

    Were the failure kept from those who waited, each would ask again in turn, and the last of them wait as long as all of them
    together.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._answers: list[T] = []
        self._failures = 0
        self._failure: AepError | None = None

    def answer(self, ask: Callable[[], T], is_good: Callable[[T], bool] = lambda _answer: True) -> T:
        """The answer, which is asked for where there is none that is good."""
        failures = self._failures
        with deadline.held(self._asking, "what both need"):
            if self._answers and is_good(self._answers[0]):
                return self._answers[0]
            if self._failure is not None and self._failures != failures:
                # A copy: each operation names the object that it is about.
                raise copy.copy(self._failure) from None
            try:
                answer = ask()
            except AepError as error:
                self._failures, self._failure = self._failures + 1, copy.copy(error)
                raise
            self._answers[:] = [answer]
            return answer

    def forget(self, is_meant: Callable[[T], bool]) -> None:
        """Take back an answer, if it is the one that is meant."""
        with self._asking:
            if self._answers and is_meant(self._answers[0]):
                self._answers.clear()
