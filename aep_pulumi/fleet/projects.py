"""Projects: a Pulumi.yaml, its stacks' settings files, and what their config says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aep_pulumi.errors import SettingsError

NAMES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Config:
    """The config of a stack, as far as its files contain it in clear."""

    values: Mapping[str, str] = field(default_factory=dict)
    """Keys with their namespace. A value that is not a text is JSON."""
    secrets: frozenset[str] = frozenset()
    """The keys of encrypted values."""
    imports: tuple[str, ...] = ()
    """The environments of Pulumi's cloud that it imports, whose values are not known here."""


@dataclass(frozen=True)
class Project:
    """A project of Pulumi."""

    folder: Path
    """The folder of its Pulumi.yaml."""
    file: Path
    body: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """The project of a folder.

        Raises:
            SettingsError: there is none, or it is invalid.
        """
        file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
        if file is None:
            raise SettingsError(f"there is no Pulumi.yaml in {str(folder)!r}: name the folder of a project")
        body = read_yaml(file)
        if not isinstance(body.get("name"), str):
            raise SettingsError(f"{str(file)!r} has no name of a project")
        return cls(folder.resolve(), file.resolve(), body)

    @classmethod
    def here(cls, folder: Path) -> "Project":
        """The project of this folder, or of the nearest one above that has one."""
        for each in (folder, *folder.parents):
            if any((each / name).is_file() for name in NAMES):
                return cls.at(each)
        raise SettingsError(
            "there is no Pulumi.yaml here: run the command in the folder of your project, or name a fleet file with --fleet"
        )

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["name"])

    @property
    def runtime(self) -> str:
        """The language of its program, such as `python`."""
        runtime = self.body.get("runtime")
        return str(runtime.get("name") if isinstance(runtime, Mapping) else runtime)

    @property
    def program(self) -> Path:
        """The folder of its program."""
        main = self.folder / str(self.body.get("main") or ".")
        return main.parent if main.is_file() else main

    @property
    def settings_folder(self) -> Path:
        """The folder of its stacks' settings files."""
        return self.folder / str(self.body.get("stackConfigDir") or ".")

    @property
    def backend(self) -> str:
        """The URL of its backend, if its file names one."""
        backend = self.body.get("backend")
        return str(backend.get("url") or "") if isinstance(backend, Mapping) else ""

    def settings_file(self, stack: str) -> Path:
        """The settings file of a stack, which need not exist."""
        return self.settings_folder / f"Pulumi.{stack}.yaml"

    def stacks_with_settings(self) -> list[str]:
        """The names of the stacks that have a settings file."""
        files = self.settings_folder.glob("Pulumi.*.yaml")
        return sorted(each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in files)

    def config(self, stack: str) -> Config | None:
        """The config of a stack; None if it has no settings file.

        Raises:
            SettingsError: the file is invalid.
        """
        file = self.settings_file(stack)
        if not file.is_file():
            return None
        body = read_yaml(file)
        own = body.get("config") or {}
        secrets = frozenset(name for name, value in own.items() if isinstance(value, Mapping) and "secure" in value)
        clear = {name: value for name, value in own.items() if name not in secrets}
        imports = body.get("environment") or ()
        if isinstance(imports, Mapping):
            imports = imports.get("imports") or ["an environment"]
        return Config(
            {self._key(name): _text(value) for name, value in (self._defaults | clear).items()},
            frozenset(self._key(name) for name in secrets),
            tuple(str(next(iter(each)) if isinstance(each, Mapping) else each) for each in imports),
        )

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        """The values that Pulumi.yaml sets for all stacks."""
        found = {}
        for name, value in (self.body.get("config") or {}).items():
            if isinstance(value, Mapping):
                value = next((value[key] for key in ("value", "default") if key in value), None)  # noqa: PLW2901
            if value is not None:
                found[name] = value
        return found

    def _key(self, name: str) -> str:
        return name if ":" in name else f"{self.name}:{name}"


def read_yaml(file: Path) -> dict[str, Any]:
    """A file of YAML with a map.

    Raises:
        SettingsError: it cannot be read, or is not one.
    """
    import yaml  # noqa: PLC0415 - needed by the fleet's commands alone

    try:
        body = yaml.load(file.read_text(encoding="utf-8"), _loader(yaml))  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{str(file)!r} cannot be read: {getattr(error, 'strerror', '') or error}") from None
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        raise SettingsError(f"{str(file)!r} is not valid YAML{where}: {getattr(error, 'problem', '') or 'correct it'}") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise SettingsError(f"{str(file)!r} is not a map of YAML")
    return body


def _loader(yaml: Any) -> Any:  # noqa: ANN401 - a module, and a class of it
    """The loader in C where it is built: ten times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
