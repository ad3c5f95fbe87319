"""Stack settings: which of them change, and what that does."""

from aep_pulumi.review.events import DYNAMIC, PROVIDER, Preview, State
from aep_pulumi.review.parts import Change, Effect, Is, Op, Setting, note, warning
from aep_pulumi.review.steps import op_of
from aep_pulumi.review.values import SECRET, differences, secrets_of
from aep_pulumi.review.wording import say

ENDPOINT = {"aep:endpoint", "aep:imsEndpoint", "aep:organization", "aep:sandbox"}
CREDENTIALS = {"aep:clientId", "aep:clientSecret", "aep:accessToken", "aep:scopes"}
OR = " or "
"""Between the secrets of which one has changed: the engine does not tell which."""

_HOME = {"aep:imsEndpoint", "aep:organization", "aep:sandbox", "aep:clientId", "aep:clientSecret", "aep:scopes"}

_SETTINGS = {
    "aep:endpoint": "The stack speaks to another Platform: its objects are looked for there, and those it deployed stay.",
    "aep:imsEndpoint": "The credentials are sent there for a token.",
    "aep:organization": "Another organisation: what is deployed lives in the old one.",
    "aep:sandbox": "Another sandbox: what is deployed lives in the old one.",
    "aep:clientId": "The stack acts under another credential.",
    "aep:clientSecret": "The credential's secret changes: `refresh` and `destroy` need an `up` first.",
    "aep:accessToken": "Another access token: the stack acts as whoever it was given to.",
    "aep:scopes": "The credential asks for other rights.",
    "aep:allowDestructive": "From now on a change may replace schemas and datasets, and their rows are lost.",
    "aep:allowProduction": "From now on the stack may write to a sandbox of type production.",
    "aep:caBundle": "Other certificates are trusted.",
    "aep:checks": "Only where this says `platform` does a preview ask Platform about new inputs.",
}


def settings_of(preview: Preview) -> tuple[tuple[Setting, ...], bool, bool]:
    """What changes in the settings, whether the events tell, and whether the stack is new."""
    providers = [event for event in preview.steps if event.type == PROVIDER]
    needed = any(event.type.startswith(DYNAMIC) for event in preview.steps)
    found: dict[str, Change] = {}
    for event in providers:
        old, new = (_config(state) for state in (event.old, event.new))
        if op_of(event) in {Op.SAME, Op.DELETE}:
            continue
        changes = differences(old, new)
        if not changes and op_of(event) is Op.UPDATE:
            secret = sorted(set(secrets_of(old)) & set(secrets_of(new)))
            # The engine tells that the config changed, and not which of its secrets.
            changes = [Change(OR.join(secret), SECRET, SECRET)] if secret else []
        found |= {change.path: change for change in changes}
    first = bool(providers) and all(event.old is None for event in providers)
    settings = [Setting(change.path, change.old, change.new, None if first else _effect(change)) for change in found.values()]
    return tuple(sorted(settings, key=_rank)), bool(providers) or not needed, first


def _config(state: State | None) -> dict[str, object]:
    inputs = state.inputs if state else {}
    return {name: value for name, value in inputs.items() if name not in {"version", "pluginDownloadURL", "__internal"}}


def _rank(setting: Setting) -> tuple[int, str]:
    groups = (ENDPOINT, CREDENTIALS)
    place = next((at for at, group in enumerate(groups) if setting.key in group), None)
    return (place if place is not None else 2 if "aep:" in setting.key else 3), setting.key


def _effect(change: Change) -> Effect | None:
    """What a changed setting does; None where nothing is known of it."""
    key, old, new = change.path, change.old, change.new
    if key == "aep:allowDestructive" and new.text != "true":
        return note(say("A change that would replace a schema or a dataset is refused from now on."))
    if key == "aep:allowProduction" and new.text != "true":
        return note(say("Writes to a sandbox of type production are refused from now on."))
    if key in _SETTINGS and new.what is Is.ABSENT:
        return warning(say("The stack says it no longer: the environment or the default does."))
    if key in _HOME and old.what is Is.ABSENT:
        return warning(say("The stack says it now: the environment or the default said it before."))
    sentence = _SETTINGS.get(key)
    return warning(say(sentence)) if sentence else None
