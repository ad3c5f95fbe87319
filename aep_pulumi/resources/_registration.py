"""Registration: registers resources without the program's stack trace, which Pulumi would save with each of them.

A stack trace is larger than all the properties of a resource, contains paths of the machine, and a backend without service
saves the whole state at every step.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SDK_FRAMES = 5
"""The SDK's own frames between the constructor of a resource and the capture. It needs more to find a frame of the program."""
_LIMIT = "tracebacklimit"


@contextmanager
def without_stack_trace() -> Iterator[None]:
    """Around the SDK's constructor: it captures no frame of the program.

    If a version of the SDK has other frames of its own, it captures a frame more or less, or none.
    """
    previous = getattr(sys, _LIMIT, None)
    sys.tracebacklimit = _SDK_FRAMES
    try:
        yield
    finally:
        if previous is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = previous
