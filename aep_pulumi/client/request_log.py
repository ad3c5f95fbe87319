"""Request log: one JSON line per request, for whoever sets AEP_LOG. No bodies, no queries, no headers: nothing secret."""

import json
import os
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from aep_pulumi.client.transport import Answer, Request

VARIABLE = "AEP_LOG"
"""Names the file that lines are added to."""

RESOURCE: ContextVar[str] = ContextVar("resource", default="")
"""What the request is for, such as `dataset "crm"`."""

LAST_ANSWER: ContextVar[str] = ContextVar("last answer", default="")
"""The request that was answered last, and its id: for the sentence about an answer that cannot be processed."""

_lock = threading.Lock()


def record(request: Request, answer: Answer | None, *, attempt: int, began_s: float, took_s: float) -> None:
    """Add a line for one try of a request, where AEP_LOG says so.

    Args:
        request: what was sent.
        answer: what came back, if anything did.
        attempt: the number of the try, from 1.
        began_s: when it was sent, in epoch seconds.
        took_s: seconds until its answer, or until it was given up.
    """
    if answer is not None:
        named = f" (request id {answer.request_id})" if answer.request_id else ""
        LAST_ANSWER.set(f"{request.method} {request.path.partition('?')[0]}{named}")
    path = os.environ.get(VARIABLE)
    if not path:
        return
    line = {
        "time": datetime.fromtimestamp(began_s, UTC).isoformat(timespec="milliseconds"),
        "method": request.method,
        "path": request.path.partition("?")[0],
        "status": answer.status if answer else None,
        "duration_ms": round(took_s * 1000, 1),
        "attempt": attempt,
        "request_id": (answer.headers.get("x-request-id") if answer else None) or request.headers.get("x-request-id"),
        "resource": RESOURCE.get() or None,
    }
    with _lock, Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
