"""Stack settings: which of them change, and the effect."""

from aep_pulumi.review.events import DYNAMIC, PROVIDER, Preview, State
from aep_pulumi.review.parts import Change, Effect, Is, Op, Setting, note, warning
from aep_pulumi.review.steps import op_of
from aep_pulumi.review.values import SECRET, differences, secrets_of
from aep_pulumi.review.wording import text

ENDPOINT = {"aep:endpoint", "aep:imsEndpoint", "aep:organization", "aep:sandbox"}
CREDENTIALS = {"aep:clientId", "aep:clientSecret", "aep:accessToken", "aep:scopes"}
OR = " or "
"""Joins the secrets of which one has changed: the engine does not report which."""

_HOME = {"aep:imsEndpoint", "aep:organization", "aep:sandbox", "aep:clientId", "aep:clientSecret", "aep:scopes"}

_SETTINGS = {
    "aep:endpoint": "The stack uses another Platform: it looks for its objects there, and those it deployed stay.",
    "aep:imsEndpoint": "The credentials are sent there for a token.",
    "aep:organization": "Another organisation: what is deployed stays in the old one.",
    "aep:sandbox": "Another sandbox: what is deployed stays in the old one.",
    "aep:clientId": "The stack uses another credential.",
    "aep:clientSecret": "The credential's secret changes: `refresh` and `destroy` need an `up` first.",
    "aep:accessToken": "Another access token: the stack acts as its owner.",
    "aep:scopes": "The credential requests other scopes.",
    "aep:allowDestructive": "From now on a change may replace schemas and datasets, and their rows are lost.",
    "aep:allowProduction": "From now on the stack may write to a sandbox of type production.",
    "aep:caBundle": "Other certificates are trusted.",
    "aep:checks": "A preview checks new inputs on Platform only if this is `platform`.",
}


def settings_of(preview: Preview) -> tuple[tuple[Setting, ...], bool, bool]:
    """The changed settings, whether the events include settings, and whether the stack is new."""
    providers = [event for event in preview.steps if event.type == PROVIDER]
    needed = any(event.type.startswith(DYNAMIC) for event in preview.steps)
    changed: dict[str, Change] = {}
    for event in providers:
        old, new = (_config(state) for state in (event.old, event.new))
        if op_of(event) in {Op.SAME, Op.DELETE}:
            continue
        changes = differences(old, new)
        if not changes and op_of(event) is Op.UPDATE:
            secret = sorted(set(secrets_of(old)) & set(secrets_of(new)))
            # The engine reports that the configuration changed, not which of its secrets.
            changes = [Change(OR.join(secret), SECRET, SECRET)] if secret else []
        changed |= {change.path: change for change in changes}
    first = bool(providers) and all(event.old is None for event in providers)
    settings = [Setting(change.path, change.old, change.new, None if first else _effect(change)) for change in changed.values()]
    return tuple(sorted(settings, key=_rank)), bool(providers) or not needed, first


def _config(state: State | None) -> dict[str, object]:
    inputs = state.inputs if state else {}
    return {name: value for name, value in inputs.items() if name not in {"version", "pluginDownloadURL", "__internal"}}


def _rank(setting: Setting) -> tuple[int, str]:
    groups = (ENDPOINT, CREDENTIALS)
    place = next((at for at, group in enumerate(groups) if setting.key in group), None)
    return (place if place is not None else 2 if "aep:" in setting.key else 3), setting.key


def _effect(change: Change) -> Effect | None:
    """The effect of a changed setting, or None for an unknown one."""
    key, old, new = change.path, change.old, change.new
    if key == "aep:allowDestructive" and new.text != "true":
        return note(text("From now on, a change that would replace a schema or a dataset is rejected."))
    if key == "aep:allowProduction" and new.text != "true":
        return note(text("From now on, writes to a sandbox of type production are rejected."))
    if key in _SETTINGS and new.what is Is.ABSENT:
        return warning(text("No longer set in the stack: the environment or the default applies."))
    if key in _HOME and old.what is Is.ABSENT:
        return warning(text("Now set in the stack: before, the environment or the default applied."))
    effect = _SETTINGS.get(key)
    return warning(text(effect)) if effect else None
