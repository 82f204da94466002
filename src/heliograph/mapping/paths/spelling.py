"""How is this path spelled in RFC 9535? Advice for the dialects people bring along.

The rules come from Goessner's article, Jayway, jsonpath-plus, jq, JSON pointers, JavaScript, JSONata and
template languages, as seen in webhook configurations. Rules are applied one after the other until the path
compiles, so only a spelling that works is ever shown; what would work but mean something else (fallbacks,
arithmetic, parents) gets a sentence instead.
"""

import re
from collections.abc import Callable
from typing import Final

from heliograph.mapping.paths import filter_spelling
from heliograph.mapping.paths.filter_spelling import Rewrite, replace, replace_unquoted
from heliograph.mapping.paths.names import LETTERS, NAME

_ODD_NAME: Final = re.compile(r"[\w@$:/#-]+(?: [\w@$:/#-]+)*")
_POINTER: Final = re.compile(r"#?((?:/[^/\s]*)+)")
_STRAIGHT: Final = str.maketrans("\u2018\u2019\u201a\u201c\u201d\u201e", "'''" + '"""')
_FUNCTION: Final = re.compile(
    r"\.(length|size|count|min|max|sum|avg|first|last|keys|values|type|concat|append)\([^()]*\)$"
)
_NOT_A_SELECTION: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(r"\||\?\?|\?:|\s\?\s|\s//\s"),
        "A path has no fallback, no condition and no pipe: it selects from one place. Map the one that is "
        "always there, or each as a field of its own.",
    ),
    (
        re.compile(r"\+|\s[-*/%&]\s|[\w)\]]\*[\w$]|[-*/%&]\s*\$[.\[]|&\s*[\'\"]|%\s*\d|\s~>\s"),
        "A path computes nothing: it selects values and neither calculates nor joins them. Map the values "
        "themselves.",
    ),
    (
        re.compile(r"\^(?=$|[.\[^])"),
        "A path only leads down: there is no ^ for the parent. Write the parent's own path.",
    ),
    (re.compile(r"~$"), "A path selects values, never their names: there is no ~."),
)


def _outside(text: str) -> str:
    """Return what stands outside brackets and quotes."""
    depth, quote, kept = 0, "", list[str]()
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
            kept.append(character)
        elif character in "[]":
            depth = max(0, depth + (1 if character == "[" else -1))
            kept += [] if depth or character == "[" else ["]"]
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def _from_pointer(text: str) -> str:
    found = _POINTER.fullmatch(text)
    if found is None:
        return text
    names = [name.replace("~1", "/").replace("~0", "~") for name in found[1][1:].split("/")]
    return "$" + "".join(f"[{name}]" if name.isdigit() else f".{name}" for name in names)


def _without_closing(text: str) -> str:
    return text[:-1] if text.endswith("]") and text.count("]") > text.count("[") else text


def _bracketed(found: re.Match[str]) -> str:
    name = found[2].replace("\\", "\\\\").replace("'", "\\'")
    return f"['{name}']"


def _quote_names(text: str) -> str:
    """Quote the names outside brackets that the dot notation does not allow.

    Only names of letters, digits, single blanks between them and `- _ @ $ : / #`: anything else is more
    likely an operator of another dialect than part of a name.
    """
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
        if part.startswith("["):
            steps.append(part)
        elif NAME.fullmatch(part) or not _ODD_NAME.fullmatch(part):
            steps.append(f".{part}")
        else:
            steps.append(f"['{part}']")
    return "".join(steps)


_RULES: Final[tuple[tuple[Rewrite, str], ...]] = (
    (str.strip, "no spaces around the path"),
    (lambda text: text.translate(_STRAIGHT), "quotes are straight"),
    (replace(r"^=?\s*[$#]\{\s*(.*?)\s*\}$", r"\1"), "no braces around the path"),
    (replace(r"(?<=[\w\]])\{(\d+)\}", r"[\1]"), "an index stands in brackets"),
    (replace(r"(?<=[\w\]])\((\d+)\)(?=$|[.\[])", r"[\1]"), "an index stands in brackets"),
    (replace(r"^=?\{+\s*|\s*\}+$", ""), "no braces around the path"),
    (_from_pointer, "a JSON pointer is written as a path"),
    (replace(r"^\.(?=[\w\['\"])", "$."), "a path starts with $"),
    (replace(r"^@(?=[.\[]|$)", "$"), "the root is $; @ is only known inside a filter"),
    (replace(rf"^@(?=[{LETTERS}])", "$."), "a path starts with $."),
    (replace(r"^\$json(?=[.\[]|$)", "$"), "the payload is $"),
    (replace(r"^\$\$+(?=[.\[]|$)", "$"), "the root is one $"),
    (replace(rf"^(?=[{LETTERS}])", "$."), "a path starts with $"),
    (replace(rf"^\$(?=[{LETTERS}])", "$."), "a dot follows $"),
    (replace(r"^\$\.$", "$"), "the root alone is $"),
    (replace(r"(?<=[\w\]*])\.+$", ""), "no dot at the end"),
    (replace_unquoted(r"\.\s+(?=[\w*\[]|$)", "."), "no spaces after a dot"),
    (replace(r"\?\.(?=[\w\[])", "."), "a missing step is no error, so there is no ?"),
    (replace(r"(?<!\.)\.(?=\[)", ""), "no dot before a bracket"),
    (
        replace(r"(?<!\.)\.(['\"])(.*?)\1(?=[.\[]|$)", _bracketed),
        "a quoted name stands in brackets",
    ),
    (
        replace(r"\[\s*\(?\s*(?:@\.?|\$[\w.]*\.)?length(?:\(\))?\s*-\s*(\d+)\s*\)?\s*\]", r"[-\1]"),
        "the last element is [-1]",
    ),
    (replace(r"\[\s*last(?:\(\))?\s*\]", "[-1]"), "the last element is [-1]"),
    (replace(r"\[\s*first(?:\(\))?\s*\]", "[0]"), "the first element is [0]"),
    (replace(r"(?<!\.)\.(\d+)(?=[.\[]|$)", r"[\1]"), "an index stands in brackets"),
    (replace(r"\[(-?)0+(\d+)\]", r"[\1\2]"), "an index has no leading zero"),
    (replace(r"\[\s*\]", "[*]"), "every element is [*]"),
    (replace(r",\s*\]", "]"), "no comma at the end"),
    (_without_closing, "a bracket is closed once"),
    (replace(r"\[(\d+|\*)$", r"[\1]"), "a bracket is closed"),
    (replace(r"\[(['\"])([^'\"\]]*)\1$", r"[\1\2\1]"), "a bracket is closed"),
    (replace(r"\[(['\"])([^'\"\]]*)\]?$", r"[\1\2\1]"), "a quoted name is closed"),
    (
        replace(r"(?<! in )\[([A-Z_][\w-]*(?:\.[\w-]+)*)\]", r"['\1']"),
        "a name in brackets is quoted",
    ),
    *filter_spelling.RULES,
    (
        _quote_names,
        "a name with other characters than letters, digits and _ is quoted in brackets",
    ),
)


def known_spelling(text: str, compiles: Callable[[str], bool]) -> str | None:
    """Return one or two sentences of advice: the standard spelling, or why there is none; None: unknown.

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
    outside = _outside(text)
    for operator, sentence in _NOT_A_SELECTION:
        if operator.search(outside):
            return sentence
    candidate, reasons = text, list[str]()
    for rewrite, reason in _RULES:
        changed = rewrite(candidate)
        if changed != candidate:
            candidate = changed
            reasons += [reason] if reason not in reasons else []
            if compiles(candidate):
                return f"The standard spelling is {candidate} ({'; '.join(reasons)})."
    return None


def standard_spelling(text: str, compiles: Callable[[str], bool]) -> str:
    """Return `known_spelling`, or where to go on when nothing is known; `compiles` as there."""
    return (
        known_spelling(text, compiles)
        or "Test the path with `heliograph mapper explain`; see docs/reference/mapper.md."
    )
