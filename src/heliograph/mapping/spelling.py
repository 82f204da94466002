"""How is this path spelled in RFC 9535? Advice for the dialects people bring along.

The rules come from Goessner's article, Jayway, jsonpath-plus, jq and JSONata, as seen in webhook
configurations. A rule proposes a rewritten path; only one that compiles is shown.
"""

import re
from collections.abc import Callable
from typing import Final

_NAME: Final = r"[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*"

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str], str]

_RULES: Final[tuple[_Rule, ...]] = (
    (re.compile(r"^\s+|\s+$"), "", "no spaces around the path"),
    (re.compile(r"^\{+\s*|\s*\}+$"), "", "no braces around the path"),
    (re.compile(r"^\.(?=[\w\['\"])"), "$.", "a path starts with $"),
    (re.compile(r"^@(?=[.\[]|$)"), "$", "the root is $; @ is only known inside a filter"),
    (re.compile(r"^#/"), "$.", "a JSON pointer is written as a path"),
    (re.compile(rf"^(?={_NAME})"), "$.", "a path starts with $"),
    (re.compile(r"(?<=[\w\]*])\.+$"), "", "no dot at the end"),
    (re.compile(r"^\$\.$"), "$", "the root alone is $"),
    (re.compile(r"^\$(?=[A-Za-z_])"), "$.", "a dot follows $"),
    (re.compile(r"(?<!\.)\.(?=\[)"), "", "no dot before a bracket"),
    (re.compile(r"(?<!\.)\.(\d+)(?=[.\[]|$)"), r"[\1]", "an index stands in brackets"),
    (re.compile(r"\[\s*\]"), "[*]", "every element is [*]"),
    (re.compile(r"\.\*(?=\w)"), ".*.", "a dot stands between steps"),
    (
        re.compile(r"\[(['\"])([^'\"\]]*)\]"),
        lambda found: f"[{found[1]}{found[2]}{found[1]}]",
        "a quoted name is closed with the same quote",
    ),
    (
        re.compile(r"\[([A-Za-z_][\w-]*)\]"),
        lambda found: f"['{found[1]}']",
        "a name in brackets is quoted",
    ),
    (
        re.compile(r"(?<=\.)([\w\u0080-\U0010ffff]+(?:[-@:/+][\w\u0080-\U0010ffff]+)+)"),
        lambda found: f"\0['{found[1]}']",
        "a name with other characters than letters, digits and _ is quoted in brackets",
    ),
    (
        re.compile(r"\[\?\s*\(?\s*(.*?)\s*=~\s*/(.*?)/[a-z]*\s*\)?\s*\]"),
        lambda found: f"[?search({found[1]}, '{found[2]}')]",
        "a regular expression is matched with search() or match()",
    ),
    (re.compile(r"!=="), "!=", "inequality is !="),
    (re.compile(r"==="), "==", "equality is =="),
    (re.compile(r"(?<=[^=!<>])=(?=[^=~])"), "==", "equality is =="),
    (re.compile(r"\s+and\s+", re.IGNORECASE), " && ", "and is &&"),
    (re.compile(r"\s+or\s+", re.IGNORECASE), " || ", "or is ||"),
    (re.compile(r"(?<=[(\s?])not\s+", re.IGNORECASE), "!", "not is !"),
    (re.compile(r"\[\(@\.length\s*-\s*(\d+)\)\]"), r"[-\1]", "the last element is [-1]"),
)

_FUNCTION: Final = re.compile(
    r"\.(length|size|count|min|max|sum|avg|first|last|keys|values|type|concat|append)\(.*\)$"
)


def standard_spelling(text: str, compiles: Callable[[str], bool]) -> str:
    """Return one or two sentences of advice: the standard spelling where one is known.

    Args:
        text: a path that does not compile.
        compiles: tells whether a candidate is a valid path.
    """
    function = _FUNCTION.search(text)
    if function is not None:
        name = function[1]
        return (
            f"A path selects values and computes none: RFC 9535 knows .{name}() in no path, and "
            "length(), count(), match(), search(), value() only inside a filter, e.g. "
            "$.items[?length(@.sku) > 3]. Map the list itself."
        )
    candidate, reasons = text, list[str]()
    for pattern, replacement, reason in _RULES:
        changed = pattern.sub(replacement, candidate).replace(".\0[", "[").replace("\0[", "[")
        if changed != candidate:
            candidate = changed
            reasons.append(reason)
            if compiles(candidate):
                return f"The standard spelling is {candidate} ({'; '.join(reasons)})."
    return "Test the path with `heliograph mapper explain`; see docs/reference/mapper.md."
