"""Recorder: runs calls of a client under a time limit, and records what the local Platform answered to each."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import urllib.request
from collections.abc import Callable
from typing import Any

TIME_LIMIT_S = 30


class TimeUp(BaseException):
    """A call took too long. Not an Exception, because the client retries after any."""


def _stop(*_: object) -> None:
    raise TimeUp


class Recorder:
    """Calls functions of a client, one after another, and keeps a row for each."""

    def __init__(self, url: str) -> None:
        self.rows: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self._url = url
        self._seen = 0
        signal.signal(signal.SIGALRM, _stop)
        self._requests()

    def __call__(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call a function of the client. Returns its result, or None if it failed."""
        problem, result = None, None
        signal.alarm(TIME_LIMIT_S)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = function(*args, **named)
        except TimeUp:
            problem = f"no answer within {TIME_LIMIT_S} s"
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what is recorded
            problem = f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
        self.rows.append(
            {
                "call": _name(function),
                "arguments": ", ".join([*map(_short, args), *(f"{name}={_short(value)}" for name, value in named.items())]),
                "problem": problem,
                "requests": self._requests(),
            }
        )
        return result

    def check(self, fact: str, *, holds: object) -> None:
        """Record a statement about a result that is not true."""
        if not holds:
            self.wrong.append(f"{self.rows[-1]['call']}: {fact}")

    def pass_time(self, seconds: int) -> None:
        """Move the local Platform's clock."""
        self._control("/_local/clock", {"ahead_s": seconds})

    def fail_run(self, flow_id: str, code: str, message: str) -> None:
        """Make the next run of a flow fail."""
        self._control("/_local/runs/fail", {"flowId": flow_id, "code": code, "message": message})

    def _control(self, path: str, body: dict[str, Any]) -> None:
        headers = {"x-local-control": "yes", "content-type": "application/json"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)  # noqa: S310 - http
        with urllib.request.urlopen(request):  # noqa: S310 - http
            pass

    def _requests(self) -> list[dict[str, Any]]:
        """The requests since the last call, from the local Platform's log."""
        with urllib.request.urlopen(f"{self._url}/_local/requests?since={self._seen}") as response:  # noqa: S310 - http
            entries = json.load(response)["requests"]
        self._seen = entries[-1]["seq"] if entries else self._seen
        return [{name: entry[name] for name in ("method", "path", "query", "status", "code")} for entry in entries]


def _name(function: Callable[..., Any]) -> str:
    owner = getattr(function, "__self__", None)
    return f"{type(owner).__name__}.{function.__name__}" if owner is not None else function.__name__


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
