"""Request log: one JSON line per request, if AEP_LOG is set. It contains no bodies, queries or headers, so no secrets."""

import json
import os
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from aep_pulumi.client.transport import Request, Response

VARIABLE = "AEP_LOG"
"""The file to append to."""

RESOURCE: ContextVar[str] = ContextVar("resource", default="")
"""The resource that the request is for, such as `dataset "crm"`."""

LAST_RESPONSE: ContextVar[str] = ContextVar("last response", default="")
"""The last request that got a response, and its id: for the error about a response that cannot be processed."""

_lock = threading.Lock()


def record(request: Request, response: Response | None, *, attempt: int, began_s: float, took_s: float) -> None:
    """Append a line for one attempt of a request, if AEP_LOG is set.

    Args:
        request: the request.
        response: the response, if there was one.
        attempt: the number of the attempt, starting at 1.
        began_s: when it was sent, in epoch seconds.
        took_s: the seconds until the response, or until the attempt failed.
    """
    if response is not None:
        named = f" (request id {response.request_id})" if response.request_id else ""
        LAST_RESPONSE.set(f"{request.method} {request.path.partition('?')[0]}{named}")
    if not os.environ.get(VARIABLE):
        return
    line = {
        "time": datetime.fromtimestamp(began_s, UTC).isoformat(timespec="milliseconds"),
        "method": request.method,
        "path": request.path.partition("?")[0],
        "status": response.status if response else None,
        "duration_ms": round(took_s * 1000, 1),
        "attempt": attempt,
        "request_id": (response.headers.get("x-request-id") if response else None) or request.headers.get("x-request-id"),
        "resource": RESOURCE.get() or None,
    }
    _append(line)


def note(message: str) -> None:
    """Append a line with a message instead of a request, if AEP_LOG is set."""
    if os.environ.get(VARIABLE):
        _append({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "message": message})


def _append(line: Mapping[str, object]) -> None:
    with _lock, Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
