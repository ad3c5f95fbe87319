"""Program: the package of imported code beside a person's program, of whose files one gets one line.

Files of the package that exist are never changed, except the list of modules in its `__init__.py`.
"""

import ast
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aep_pulumi.errors import AepError
from aep_pulumi.importing.source import Expression, assignment
from aep_pulumi.kinds import BY_NAME, PIPELINE_TYPE

PACKAGE = "imported"
"""The name of the package."""
LINE = f"import {PACKAGE}  # noqa: E402, F401 - declares what `aep import` found"
"""The line that the program gets."""

COMPONENT = PIPELINE_TYPE.rpartition(":")[2]
"""The class of the component."""

_MODULES = "MODULES"
_INIT = '''\
"""What `aep import` found on Platform: the modules of the stack that runs."""

import importlib

import pulumi

{modules}

for module in MODULES.get(pulumi.get_stack(), []):
    importlib.import_module(f"{{__name__}}.{{module}}")
'''
_SETTINGS = '''\
"""What the imported modules read: secrets of the stack, and outputs of others."""

import functools

import aep_pulumi as aep
import pulumi

CONFIG = pulumi.Config("imported")


def secret(key: str) -> pulumi.Input[str]:
    """A secret of the stack. Until it is set, what Platform has stays."""
    return CONFIG.get_secret(key) or aep.KEEP


def of_stack(stack: str, output: str) -> pulumi.Output[str]:
    """The id of an object that another stack declares."""
    return _reference(stack).require_output(output)


@functools.cache
def _reference(stack: str) -> pulumi.StackReference:
    return pulumi.StackReference(stack)
'''


@dataclass(frozen=True)
class Program:
    """A person's Pulumi program."""

    folder: Path
    """The folder of the entry point."""
    entry: Path
    """The file that Pulumi runs."""

    @classmethod
    def of(cls, project: Path) -> "Program":
        """The program of a project folder.

        Raises:
            AepError: there is none in Python.
        """
        text = (project / "Pulumi.yaml").read_text()
        if not re.search(r"^\s*(runtime|name)\s*:\s*['\"]?python", text, re.MULTILINE):
            raise AepError(f"{project / 'Pulumi.yaml'} names no Python runtime: `aep import` writes Python")
        main = re.search(r"^main\s*:\s*['\"]?([^'\"#\n]+?)['\"]?\s*(#.*)?$", text, re.MULTILINE)
        place = (project / main[1]).resolve() if main else project
        entry = place if place.suffix == ".py" else place / "__main__.py"
        if not entry.is_file():
            raise AepError(f"{entry} does not exist: create it, empty if the project has no program yet")
        return cls(entry.parent, entry)

    @property
    def package(self) -> Path:
        """The folder of the package."""
        return self.folder / PACKAGE

    @property
    def imports_package(self) -> bool:
        """Whether the program has the line already."""
        found = False
        for node in ast.walk(_parsed(self.entry)):
            found |= isinstance(node, ast.Import) and any(each.name == PACKAGE for each in node.names)
        return found

    def declared(self) -> Iterator["Declared"]:
        """The resources that the program's files declare with a literal name. Files that are not valid Python are left out."""
        for path in _sources(self.folder):
            is_imported = path.parent == self.package
            try:
                tree = _parsed(path)
            except AepError:
                if is_imported or path == self.entry:
                    raise
                continue
            yield from _declared(tree, path.stem if is_imported else "")

    def modules(self) -> dict[str, list[str]]:
        """The modules of each stack, as the package lists them."""
        init = self.package / "__init__.py"
        if not init.is_file():
            return {}
        node = _modules_in(init)
        found: dict[str, list[str]] = ast.literal_eval(node.value) if node.value else {}
        return found

    def changed(self, modules: Mapping[str, str], stacks: Mapping[str, list[str]]) -> dict[Path, str]:
        """The files to write, with their whole content.

        Args:
            modules: the code of each new module.
            stacks: the new modules of each stack.
        """
        files = {self.package / f"{name}.py": code for name, code in modules.items()}
        if not (self.package / "settings.py").exists():
            files[self.package / "settings.py"] = _SETTINGS
        listed = {stack: list(names) for stack, names in self.modules().items()}
        for stack, names in stacks.items():
            listed.setdefault(stack, []).extend(names)
        files[self.package / "__init__.py"] = self._init(listed)
        if not self.imports_package:
            text, end = _text(self.entry), _line_end(self.entry)
            files[self.entry] = text + ("" if not text or text.endswith("\n") else end) + (end if text else "") + LINE + end
        return files

    def _init(self, listed: Mapping[str, list[str]]) -> str:
        value: dict[str, Expression] = {stack: list(names) for stack, names in listed.items()}
        line = assignment(f"{_MODULES}: dict[str, list[str]]", value)
        init = self.package / "__init__.py"
        if not init.is_file():
            return _INIT.format(modules=line)
        node, lines, end = _modules_in(init), _text(init).splitlines(), _line_end(init)
        return end.join([*lines[: node.lineno - 1], *line.splitlines(), *lines[node.end_lineno :]]) + end


@dataclass(frozen=True)
class Declared:
    """A resource in the program's code."""

    kind: str
    """Its class."""
    name: str
    module: str
    """The module of the package that declares it, or ""."""
    variable: str
    """Its variable, if it is one of the module, or ""."""

    @property
    def expression(self) -> str:
        """How other modules of the package refer to it, or ""."""
        return f"{self.module}.{self.variable}" if self.module and self.variable else ""


@dataclass
class Files:
    """A set of file changes that can be undone, unless a person has edited a file since."""

    changes: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    """For each path, the content before, or None if there was no file, and after."""

    @classmethod
    def of(cls, files: Mapping[Path, str]) -> "Files":
        """The changes that writing these files would make."""
        before = {path: _text(path) if path.exists() else None for path in files}
        return cls({str(path): (before[path], text) for path, text in files.items()})

    def write(self) -> None:
        """Write the files.

        Raises:
            AepError: a person has edited one since its change was determined.
        """
        for name, (before, _after) in self.changes.items():
            if (_text(Path(name)) if Path(name).exists() else None) != before:
                raise AepError(f"{name} was edited during the import: run the command again")
        for name, (_before, after) in self.changes.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            _write(Path(name), after)

    def restore(self) -> None:
        """Undo the changes. Of an edited file, only the line that imports the package is removed."""
        for name, (before, after) in self.changes.items():
            path = Path(name)
            if not path.exists():
                continue
            text = _text(path)
            if text == after and before is None:
                path.unlink()
            elif text == after:
                _write(path, before or "")
            else:
                kept = [line for line in text.splitlines(keepends=True) if line.rstrip() != LINE]
                _write(path, "".join(kept))
        for folder in {Path(name).parent for name, (before, _after) in self.changes.items() if before is None}:
            for compiled in (folder / "__pycache__").glob("*.pyc"):
                compiled.unlink()
            for empty in (folder / "__pycache__", folder):
                if empty.is_dir() and not any(empty.iterdir()):
                    empty.rmdir()


def _sources(folder: Path) -> Iterator[Path]:
    """The Python files below a folder, without those of virtual environments and hidden folders."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            is_own = not path.name.startswith(".") and not path.is_symlink() and not (path / "pyvenv.cfg").exists()
            yield from _sources(path) if is_own else ()
        elif path.suffix == ".py" and path.is_file():
            yield path


def _text(path: Path) -> str:
    """The content of a file, with its line ends and its byte order mark."""
    return path.read_bytes().decode("utf-8")


def _line_end(path: Path) -> str:
    return "\r\n" if b"\r\n" in path.read_bytes() else "\n"


def _write(path: Path, text: str) -> None:
    """Write a file as it is, whole or not at all: a killed process must not leave a part of it."""
    place = path.resolve()
    partial = place.with_name(f".{place.name}.partial")
    partial.write_bytes(text.encode("utf-8"))
    if place.exists():
        shutil.copymode(place, partial)
    partial.replace(place)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(_text(path).removeprefix("\ufeff"))
    except (SyntaxError, ValueError) as error:
        raise AepError(f"{path} is not valid Python: {error}") from None


def _modules_in(init: Path) -> ast.AnnAssign:
    for node in _parsed(init).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == _MODULES:
            return node
    raise AepError(f"{init} has no MODULES: restore it, or move the folder {init.parent} away")


def _declared(tree: ast.Module, module: str) -> Iterator[Declared]:
    assigned = {
        id(node.value): target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            kind, name = _called(node.func), node.args[0].value
            if kind in {*BY_NAME, COMPONENT} and isinstance(name, str):
                yield Declared(kind, name, module, assigned.get(id(node), ""))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
