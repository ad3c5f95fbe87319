"""Rename texts: what to do about an object that seems to be renamed in the program without an alias."""

from aep_pulumi.review.kinds import words_of
from aep_pulumi.review.parts import Effect, warning
from aep_pulumi.review.phrases import names, title_of
from aep_pulumi.review.renames import Rename
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, text


def renamed(rename: Rename, wiring: Wiring) -> Text:
    """What to do about an object, or a component, that seems to be renamed without an alias."""
    first = rename.pairs[0][0]
    holding = [old for old, _new in rename.pairs if old.kind and old.kind.stores_rows]
    if rename.is_component:
        noun, equal, kept = "component", "one with equal parts", text("its objects")
        rows: Text = (*text(" and the rows of "), *names(holding)) if holding else ()
    else:
        noun, equal, kept = first.kind.noun if first.kind else first.type, "an equal one", text("{}", title_of(first))
        rows = (" and its rows",) if holding else ()
    if rename.old_name == rename.new_name:
        began = text(f"Moved? The program has {noun} {{}} in another place. To keep ", rename.new_name)
    else:
        both = rename.old_name, rename.new_name
        began = text(f"Renamed? The program no longer has {noun} {{}}, but {equal}, {{}}. To keep ", *both)
    return (*began, *kept, *rows, *text(", add {} to {}.", rename.option, rename.new_name), *_otherwise(rename, wiring))


def hint(rename: Rename) -> Effect:
    """The same in short, for the step."""
    if rename.old_name == rename.new_name:
        return warning(text("Moved? Then it needs an alias."))
    return warning(text("Renamed from {}? Then it needs an alias.", rename.old_name))


def _otherwise(rename: Rename, wiring: Wiring) -> Text:
    """What happens without the alias, kind by kind."""
    new = [created for _deleted, created in rename.pairs]
    kinds = dict.fromkeys(event.kind for event in new if event.kind)
    return tuple(
        part for kind in kinds for part in words_of(kind).without_alias([each for each in new if each.kind is kind], wiring)
    )
