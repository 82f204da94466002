"""How is this path spelled in RFC 9535? Advice for the dialects people bring along.

The rules come from Goessner's article, Jayway, jsonpath-plus, jq, JSON pointers, JavaScript and JSONata, as
seen in webhook configurations. Rules are applied one after the other until the path compiles, so only a
spelling that works is ever shown.
"""

import re
from collections.abc import Callable
from typing import Final

_Rewrite = Callable[[str], str]

_LETTERS: Final = r"A-Za-z_\u0080-\uD7FF\uE000-\U0010FFFF"
_PLAIN_NAME: Final = re.compile(rf"[{_LETTERS}][{_LETTERS}0-9]*")
_POINTER: Final = re.compile(r"#?((?:/[^/\s]*)+)")
_FUNCTION: Final = re.compile(
    r"\.(length|size|count|min|max|sum|avg|first|last|keys|values|type|concat|append)\([^()]*\)$"
)


def _replace(pattern: str, by: str) -> _Rewrite:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: compiled.sub(by, text)


def _from_pointer(text: str) -> str:
    found = _POINTER.fullmatch(text)
    if found is None:
        return text
    names = [name.replace("~1", "/").replace("~0", "~") for name in found[1][1:].split("/")]
    return "$" + "".join(f"[{name}]" if name.isdigit() else f".{name}" for name in names)


def _quote_names(text: str) -> str:
    """Quote the names outside brackets that the dot notation does not allow."""
    depth, parts = 0, [""]
    for character in text:
        if character in "[]":
            depth += 1 if character == "[" else -1
        if depth == 0 and character == ".":
            parts.append("")
        elif character == "[" and depth == 1:
            parts.append(character)
        else:
            parts[-1] += character
    steps = [parts[0]]
    for part in parts[1:]:
        if part.startswith("[") or part == "*" or not part or _PLAIN_NAME.fullmatch(part):
            steps.append(part if part.startswith("[") else f".{part}")
        else:
            steps.append("['" + part.replace("\\", "\\\\").replace("'", "\\'") + "']")
    return "".join(steps)


_RULES: Final[tuple[tuple[_Rewrite, str], ...]] = (
    (str.strip, "no spaces around the path"),
    (_replace(r"^\{+\s*|\s*\}+$", ""), "no braces around the path"),
    (_from_pointer, "a JSON pointer is written as a path"),
    (_replace(r"^\.(?=[\w\['\"])", "$."), "a path starts with $"),
    (_replace(r"^@(?=[.\[]|$)", "$"), "the root is $; @ is only known inside a filter"),
    (_replace(rf"^(?=[{_LETTERS}])", "$."), "a path starts with $"),
    (_replace(rf"^\$(?=[{_LETTERS}])", "$."), "a dot follows $"),
    (_replace(r"^\$\.$", "$"), "the root alone is $"),
    (_replace(r"(?<=[\w\]*])\.+$", ""), "no dot at the end"),
    (_replace(r"\?\.(?=[\w\[])", "."), "a missing step is no error, so there is no ?"),
    (_replace(r"(?<!\.)\.(?=\[)", ""), "no dot before a bracket"),
    (_replace(r"\[\(@\.length\s*-\s*(\d+)\)\]", r"[-\1]"), "the last element is [-1]"),
    (_replace(r"(?<!\.)\.(\d+)(?=[.\[]|$)", r"[\1]"), "an index stands in brackets"),
    (_replace(r"\[\s*\]", "[*]"), "every element is [*]"),
    (_replace(r",\s*\]", "]"), "no comma at the end"),
    (_replace(r"\[(\d+|\*)$", r"[\1]"), "a bracket is closed"),
    (_replace(r"\[(['\"])([^'\"\]]*)\1$", r"[\1\2\1]"), "a bracket is closed"),
    (_replace(r"\[(['\"])([^'\"\]]*)\]?$", r"[\1\2\1]"), "a quoted name is closed"),
    (_replace(r"\[([A-Z_][\w-]*)\]", r"['\1']"), "a name in brackets is quoted"),
    (
        _replace(
            r"\[\?\s*\(?\s*([^\[\]]*?)\s*=~\s*/(.*?)/[a-z]*\s*\)?\s*\]", r"[?search(\1, '\2')]"
        ),
        "a regular expression is matched with search() or match()",
    ),
    (_replace(r"!==", "!="), "inequality is !="),
    (_replace(r"===", "=="), "equality is =="),
    (_replace(r"(?<=[^=!<>])=(?=[^=~])", "=="), "equality is =="),
    (_replace(r"\s+and\s+", " && "), "and is &&"),
    (_replace(r"\s+or\s+", " || "), "or is ||"),
    (_replace(r"(?<=[(\s?])not\s+", "!"), "not is !"),
    (_replace(r"(@(?:\.\w+)*)\.(?:length|size)\(\)", r"length(\1)"), "the length is length(…)"),
    (_replace(r"@\.(\w+(?:-\w+)+)", r"@['\1']"), "a name with a dash is quoted in brackets"),
    (
        _quote_names,
        "a name with other characters than letters, digits and _ is quoted in brackets",
    ),
)


def standard_spelling(text: str, compiles: Callable[[str], bool]) -> str:
    """Return one or two sentences of advice: the standard spelling where one is known.

    Args:
        text: a path that does not compile.
        compiles: tells whether a candidate is a valid path.
    """
    function = _FUNCTION.search(text)
    if function is not None:
        return (
            f"A path selects values and computes none: RFC 9535 knows .{function[1]}() in no path, "
            "and length(), count(), match(), search(), value() only inside a filter, e.g. "
            "$.items[?length(@.sku) > 3]. Map the value itself."
        )
    candidate, reasons = text, list[str]()
    for rewrite, reason in _RULES:
        changed = rewrite(candidate)
        if changed != candidate:
            candidate = changed
            reasons.append(reason)
            if compiles(candidate):
                return f"The standard spelling is {candidate} ({'; '.join(reasons)})."
    return "Test the path with `heliograph mapper explain`; see docs/reference/mapper.md."
