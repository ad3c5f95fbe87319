"""Stopping: signals to stop, which a comparison obeys between two requests."""

import signal
from contextlib import suppress
from types import FrameType
from typing import Self

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopping:
    """Within it, the first signal only sets `is_requested`, and the second one raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.is_requested = False
        self._before: dict[int, signal.Handlers] = {}
        self._count = 0

    def __enter__(self) -> Self:
        for name in _SIGNALS:
            # Windows has no SIGHUP; only the main thread can set handlers.
            with suppress(AttributeError, ValueError):
                number = getattr(signal, name)
                self._before[number] = signal.signal(number, self._handle)  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def again(self) -> None:
        """Count from now on: the next signal only sets `is_requested` again."""
        self._count = 0

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.is_requested = True
        self._count += 1
        if self._count > 1:
            raise KeyboardInterrupt
