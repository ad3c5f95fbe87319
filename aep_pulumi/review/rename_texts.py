"""Rename texts: what to do about an object that seems to have another name in the program and no alias."""

from aep_pulumi.review.kinds import words_of
from aep_pulumi.review.parts import Effect, warning
from aep_pulumi.review.phrases import names, title_of
from aep_pulumi.review.renames import Rename
from aep_pulumi.review.wiring import Wiring
from aep_pulumi.review.wording import Text, say


def renamed(rename: Rename, wiring: Wiring) -> Text:
    """What to do about an object, or a component, that seems to have another name in the program and no alias."""
    first = rename.pairs[0][0]
    holding = [gone for gone, _come in rename.pairs if gone.kind and gone.kind.stores_rows]
    if rename.is_component:
        noun, equal, kept = "component", "one with equal parts", say("its objects")
        rows: Text = (*say(" and the rows of "), *names(holding)) if holding else ()
    else:
        noun, equal, kept = first.kind.noun if first.kind else first.type, "an equal one", say("{}", title_of(first))
        rows = (" and its rows",) if holding else ()
    if rename.old_name == rename.new_name:
        began = say(f"Moved? The program has {noun} {{}} in another place. To keep ", rename.new_name)
    else:
        both = rename.old_name, rename.new_name
        began = say(f"Renamed? The program no longer has {noun} {{}}, but {equal}, {{}}. To keep ", *both)
    return (*began, *kept, *rows, *say(", add {} to {}.", rename.option, rename.new_name), *_otherwise(rename, wiring))


def hint(rename: Rename) -> Effect:
    """The same in a word, for the step."""
    if rename.old_name == rename.new_name:
        return warning(say("Moved? Then it needs an alias."))
    return warning(say("Renamed from {}? Then it needs an alias.", rename.old_name))


def _otherwise(rename: Rename, wiring: Wiring) -> Text:
    """What happens without it, kind by kind."""
    new = [come for _gone, come in rename.pairs]
    kinds = dict.fromkeys(event.kind for event in new if event.kind)
    return tuple(
        part for kind in kinds for part in words_of(kind).without_alias([each for each in new if each.kind is kind], wiring)
    )
