"""Changes: which files changed since a commit, and which files a stack's program consists of."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.projects import NAMES, Project

_DYNAMIC = frozenset({"import_module", "__import__", "run_path", "run_module", "iter_modules", "walk_packages", "exec"})
"""Functions that import what no import statement names: then all modules beside the program count."""
_PROSE = frozenset({".md", ".rst"})


def changed_since(reference: str, folder: Path) -> frozenset[Path]:
    """The files that differ between a commit and the working tree, deleted and untracked ones included.

    Raises:
        SettingsError: the folder is in no Git repository, or has no such commit.
    """
    root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    commit = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}", about=reference
    ).strip()
    tracked = _git(root, "diff", "--name-only", "--no-renames", "-z", commit)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(root / name for name in (tracked + untracked).split("\0") if name)


class Program:
    """The files of a project's program: its modules, those that they import, and what lies beside them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.program.resolve()
        self._modules: set[Path] = set()
        self._packages: set[Path] = set()
        self._elsewhere: set[str] = set()
        """The names of imports that cannot be located from here, but perhaps by the program: with its own path or environment."""
        self._is_dynamic = project.runtime != "python"
        if not self._is_dynamic:
            self._follow(self._folder / "__main__.py")

    def changed(self, files: frozenset[Path], stack: str) -> bool:
        """Whether the program or the settings file of this stack is among these files."""
        settings = self._project.settings_file(stack).resolve()
        return any(file == settings or self._has(file) for file in files)

    def _has(self, file: Path) -> bool:
        if self._imports(file):
            return True
        if file.parent == self._project.folder and file.name in {*NAMES, "requirements.txt", "pyproject.toml", "setup.py"}:
            return True
        if self._folder not in file.parents or file.suffix in _PROSE:
            return False
        if file.parent == self._project.settings_folder.resolve() and file.match("Pulumi.*.yaml"):
            return False  # of another stack
        # What lies in the folder of another project is that project's.
        between = [each for each in file.parents if self._folder in each.parents]
        if any((each / name).is_file() for each in between for name in NAMES):
            return False
        return self._is_dynamic or file.suffix != ".py"

    def _imports(self, file: Path) -> bool:
        return (
            file in self._modules
            or any(package in file.parents for package in self._packages)
            or not self._elsewhere.isdisjoint(_names_of(file, _root_of(self._folder)))
        )

    def _follow(self, module: Path) -> None:
        """Follow the imports of a module to all local ones."""
        module = module.resolve()
        if module in self._modules or not module.is_file():
            return
        self._modules.add(module)
        try:
            tree = ast.parse(module.read_bytes())
        except (OSError, SyntaxError, ValueError):
            self._is_dynamic = True
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in _DYNAMIC and self._folder in module.parents:
                self._is_dynamic = True
            for name, level in _imported(node):
                self._import(name, module.parents[level - 1] if level else None)

    def _import(self, name: str, package: Path | None) -> None:
        first = name.partition(".")[0]
        for base in [package / first if first else package] if package else self._located(first):
            self._take(base)

    def _take(self, base: Path) -> None:
        if base.is_dir():
            # A package can import its own modules in ways that no statement shows.
            if base not in self._packages:
                self._packages.add(base)
                for each in base.rglob("*.py"):
                    self._follow(each)
            return
        self._follow(base.with_suffix(".py") if base.suffix != ".py" else base)

    def _located(self, name: str) -> Sequence[Path]:
        """Where a top-level module or package lies, if it is a local one: beside the program, or installed in editable mode.

        One that is found nowhere is what has its name in the repository: the program may extend `sys.path`, or have an
        environment of its own.
        """
        for folder in (self._folder, self._project.folder):
            if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
                return [folder / name]
        if name in sys.stdlib_module_names:
            return []
        found = _installed(name)
        if found is None:
            self._elsewhere.add(name)
            return _modules_in(_root_of(self._folder)).get(name, ())
        return [] if "site-packages" in found.parts else [found]


@cache
def _installed(name: str) -> Path | None:
    """Where it is installed; None also for a part of a namespace, which has parts in several places."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


@cache
def _root_of(folder: Path) -> Path:
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


@cache
def _modules_in(root: Path) -> Mapping[str, Sequence[Path]]:
    """The modules and packages of a repository, by name."""
    found: dict[str, dict[Path, None]] = {}
    for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "*.py").split("\0"):
        file = root / name
        for each in (file, *file.parents):
            if root in each.parents:
                found.setdefault(each.name.removesuffix(".py"), {})[each] = None
    return {name: list(each) for name, each in found.items()}


def _names_of(file: Path, root: Path) -> set[str]:
    """The names by which a file of the repository can be imported: its own, and those of its folders."""
    return {each.name.removesuffix(".py") for each in (file, *file.parents) if root in each.parents}


def _imported(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The modules that a statement imports, each with its level: 0 for an absolute one."""
    if isinstance(node, ast.Import):
        yield from ((each.name, 0) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or "", node.level
        if node.level and not node.module:
            yield from ((each.name, node.level) for each in node.names)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _git(folder: Path, *words: str, about: str = "") -> str:
    try:
        ran = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise SettingsError("--since needs `git`, which is not on PATH") from None
    if ran.returncode:
        if about:
            raise SettingsError(f"--since: {about!r} is not a commit of this repository: fetch it, or name another one")
        reason = next(iter(ran.stderr.strip().splitlines()), "no output").removeprefix("fatal: ")
        raise SettingsError(f"--since: git reports: {reason}")
    return ran.stdout
