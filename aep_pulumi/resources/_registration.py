"""Registration: what the SDK does with each resource, without what costs most and gives nothing.

The program's stack trace would be saved with each resource. It is larger than all of its properties, contains paths of the
machine, and a backend without service saves the whole state at every step.

Python's garbage collector would visit all functions and classes of the SDK, of gRPC and of this package again each time that
it makes a full collection, which a few hundred resources cause several times.
"""

import functools
import gc
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


@functools.cache
def keep_imports() -> None:
    """Exempt what was imported so far from garbage collection, once per process: it lives as long as the process."""
    gc.freeze()
