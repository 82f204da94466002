"""Does a value inside an identifier stand for somebody?"""

from collections.abc import Callable

from heliograph.mapping.values.texts import as_text, is_filled
from heliograph.model.json import Json
from heliograph.model.nobody import Blocklist, Usable


def stands_for_nobody(blocked: Blocklist) -> Callable[[Json], bool]:
    """Return the function that tells it: of what is null, blank or blocked, also as a number or boolean."""
    usable = Usable(blocked)

    def test(value: Json) -> bool:
        if type(value) is str:
            return usable[value] is None
        text = as_text(value)
        return not is_filled(value) if text is None else usable[text] is None

    return test


def unblocked(blocked: Blocklist) -> Callable[[Json], Json]:
    """Return the function of one value: as it is, None where it stands for nobody."""
    test = stands_for_nobody(blocked)
    return lambda value: None if test(value) else value
