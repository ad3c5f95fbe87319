"""Runs actionlint on .github/workflows.

    python tools/check_workflows.py

Builds actionlint once, into .engine, from the Go modules that dev/actionlint/go.mod pins. Exit code 1: it reports problems, or
cannot be built.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "dev" / "actionlint"
COMMAND = "github.com/rhysd/actionlint/cmd/actionlint"
BUILT = ROOT / ".engine" / "actionlint"

sys.path.insert(0, str(ROOT / "dev" / "pulumi"))

from engine import CommandError, EngineError, Tally, build_lock, recent_go, run  # noqa: E402 - on the path only from here


def stamp() -> str:
    """The modules that actionlint is built from: it is rebuilt if they change."""
    return (SOURCE / "go.sum").read_text(encoding="utf-8")


def is_current() -> bool:
    """Whether the built actionlint is the one that go.sum pins."""
    try:
        return (BUILT / "stamp").read_text(encoding="utf-8") == stamp()
    except FileNotFoundError:
        return False


def built() -> Path:
    """The path of actionlint. Builds it first if it is missing or outdated.

    Raises:
        EngineError: it cannot be built.
    """
    program = BUILT / "actionlint"
    if not is_current():
        with build_lock():
            BUILT.mkdir(exist_ok=True)
            # -C makes Go run in the folder of the module with the pinned versions.
            go: list[str | Path] = [recent_go(), "build", "-C", SOURCE, "-trimpath", "-buildvcs=false", "-mod=readonly"]
            settings = {"CGO_ENABLED": "0", "GOROOT": "", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
            try:
                run([*go, "-o", program, COMMAND], settings, Tally("Building actionlint: {messages} messages so far."))
            except CommandError as error:
                raise EngineError(f"actionlint cannot be built: {error}. Go's module proxy must be reachable.") from None
            (BUILT / "stamp").write_text(stamp(), encoding="utf-8")
    return program


def main() -> int:
    """Run actionlint, without shellcheck and pyflakes, which this machine may not have."""
    try:
        program = built()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    code = subprocess.run([program, "-shellcheck=", "-pyflakes=", *workflows], cwd=ROOT, check=False).returncode
    if code == 0:
        print(f"actionlint: {len(workflows)} workflows, nothing to report")
    return code


if __name__ == "__main__":
    sys.exit(main())
