"""Functions that read a user agent string, with the patterns of the uap-core project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from aep_pulumi.emulator.data_prep.functions.arguments import Function, defined, text

if TYPE_CHECKING:
    from ua_parser import Result

UNKNOWN = "Unknown"

TABLETS = ("iPad", "Kindle")
PHONES = ("iPhone", "iPod")
CONSOLES = ("PlayStation", "Xbox", "Nintendo", "Wii")
DESKTOPS = ("Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD")
TELEVISIONS = ("AppleTV", "tvOS", "Roku", "Chromecast")


@lru_cache(maxsize=256)
def _parsed(user_agent: str) -> Result:
    # Imported when it is needed: its patterns take a quarter of a second to load.
    from ua_parser import parse  # noqa: PLC0415

    return parse(user_agent)


def _joined(*parts: str | None) -> str:
    return ".".join(each for each in parts if each is not None) or UNKNOWN


def _agent(found: Result) -> str:
    """The name of the agent: the page's example calls the browser of an iPhone Safari, and not Mobile Safari."""
    agent = found.user_agent
    return agent.family.removeprefix("Mobile ").removesuffix(" Mobile") if agent else UNKNOWN


def _agent_version(found: Result) -> str:
    agent = found.user_agent
    return _joined(agent.major, agent.minor, agent.patch, agent.patch_minor) if agent else UNKNOWN


def _agent_major(found: Result) -> str:
    return f"{_agent(found)} {found.user_agent.major}" if found.user_agent and found.user_agent.major else _agent(found)


def _system(found: Result) -> str:
    return found.os.family if found.os else UNKNOWN


def _system_version(found: Result) -> str:
    return _joined(found.os.major, found.os.minor, found.os.patch, found.os.patch_minor) if found.os else UNKNOWN


def _system_major(found: Result) -> str:
    return f"{_system(found)} {found.os.major}" if found.os and found.os.major else _system(found)


def _device_class(found: Result) -> str:
    """One of the device classes of Adobe's page; which one an agent has is inferred from its device and its system."""
    device, system = found.device.family if found.device else "", _system(found)
    classes = (
        ("Robot", device == "Spider"),
        ("Tablet", device.startswith(TABLETS)),
        ("Phone", device.startswith(PHONES)),
        ("Game Console", device.startswith(CONSOLES)),
        ("Set-top box", device.startswith(TELEVISIONS) or system.startswith(TELEVISIONS)),
        ("Phone", system == "Android" and "Mobile" in found.string),
        ("Tablet", system == "Android"),
        ("Desktop", system.startswith(DESKTOPS)),
    )
    return next((name for name, holds in classes if holds), UNKNOWN)


def _of(part: Callable[[Result], str]) -> Callable[[object], object]:
    return lambda user_agent: part(_parsed(text(user_agent)))


FUNCTIONS: Mapping[str, Function] = {
    **defined("ua_os_name", call=_of(_system)),
    **defined("ua_os_version_major", call=_of(_system_major)),
    **defined("ua_os_version", call=_of(_system_version)),
    **defined("ua_os_name_version", call=_of(lambda found: f"{_system(found)} {_system_version(found)}")),
    **defined("ua_agent_version", call=_of(_agent_version)),
    **defined("ua_agent_version_major", call=_of(_agent_major)),
    **defined("ua_agent_name", call=_of(_agent)),
    **defined("ua_device_class", call=_of(_device_class)),
}
