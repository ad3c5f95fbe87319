"""`aep …` in the test's process, for tests whose subject is what the command does to a stack."""

from in_process import run_here
from stacking import Ran, Stack


def aep(stack: Stack, *args: str, code: int = 0, stdin: str = "") -> Ran:
    """Run the command in the stack's folder and environment; it must end with this exit code."""
    ran = ended(stack, *args, stdin=stdin)
    assert ran.code == code, ran.output
    return ran


def ended(stack: Stack, *args: str, stdin: str = "") -> Ran:
    """The same, whatever its exit code."""
    ran = run_here(*args, cwd=stack.folder, environ=stack.environment, stdin=stdin)
    return Ran(ran.returncode, ran.stdout + ran.stderr, ran.stdout)
