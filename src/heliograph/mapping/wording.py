"""How values are named and shown in messages: as people read JSON, short whatever their size."""

from typing import Final

from heliograph.model.json import Json

_LENGTH: Final = 80
_DEPTH: Final = 3
_MEMBERS: Final = 5
_BITS: Final = 256


def kind_of(value: Json) -> str:
    """Return JSON's name of the value's type, e.g. `array`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def a_kind_of(value: Json) -> str:
    """Return the name with its article, e.g. `an array`; `null` has none."""
    kind = kind_of(value)
    if kind == "null":
        return kind
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"


def shown(value: Json) -> str:
    """Return a value for a message, at most 80 characters long and three levels deep."""
    text = _brief(value, _DEPTH)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"


def _brief(value: Json, depth: int) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value[: _LENGTH + 1])
    if isinstance(value, int) and value.bit_length() > _BITS:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, list):
        if depth == 0:
            return "[…]" if value else "[]"
        members = [_brief(member, depth - 1) for member in value[:_MEMBERS]]
        more = ["…"] if len(value) > _MEMBERS else []
        return f"[{', '.join(members + more)}]"
    if isinstance(value, dict):
        if depth == 0:
            return "{…}" if value else "{}"
        pairs: list[str] = []
        for name, member in value.items():
            if len(pairs) == _MEMBERS:
                pairs.append("…")
                break
            pairs.append(f"{_brief(name, 0)}: {_brief(member, depth - 1)}")
        return f"{{{', '.join(pairs)}}}"
    return repr(value)
