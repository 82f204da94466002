"""How is what stands inside the brackets of a path spelled in RFC 9535? Rewrites for `spelling`.

Operators, words and literals of Jayway, jsonpath-plus, JavaScript, Python and SQL. Quoted texts are never
rewritten, but for the pattern of a regular expression.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

Rewrite: TypeAlias = Callable[[str], str]

_By: TypeAlias = str | Callable[[re.Match[str]], str]

_QUOTED: Final = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_MEMBER: Final = re.compile(_QUOTED.pattern + r"|[^\s,]+")
_VALUE: Final = r"(@(?:\.\w+|\['[^'\]]*'\]|\[\"[^\"\]]*\"\])*)"
_SHORTHANDS: Final = {r"\d": "[0-9]", r"\w": "[A-Za-z0-9_]", r"\.": "[.]", r"\/": "/", r"\-": "-"}


def replace(pattern: str, by: _By) -> Rewrite:
    """Return a rewrite of everything that matches, whatever its case."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: compiled.sub(by, text)


def replace_unquoted(pattern: str, by: _By) -> Rewrite:
    """Return a rewrite like `replace` that leaves quoted texts alone."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def rewrite(text: str) -> str:
        parts = _QUOTED.split(text)
        return "".join(
            part if index % 2 else compiled.sub(by, part) for index, part in enumerate(parts)
        )

    return rewrite


def _membership(found: re.Match[str]) -> str:
    """Return `@.a in ['x', 'y']` as comparisons."""
    members = [member[0] for member in _MEMBER.finditer(found[2])]
    compared = [f"{found[1]} == {member}" for member in members]
    return compared[0] if len(compared) == 1 else f"({' || '.join(compared)})"


def _matching(found: re.Match[str]) -> str:
    """Return `@.a =~ /pattern/` as a function; anchors decide between match() and search()."""
    value, pattern = found[1], found[2]
    start, end = pattern.startswith("^"), pattern.endswith("$")
    inner = pattern[start : len(pattern) - end]
    for shorthand, standard in _SHORTHANDS.items():
        inner = inner.replace(shorthand, standard)
    if not start and not end:
        return f"search({value}, '{inner}')"
    if "|" in inner:
        inner = f"({inner})"
    return f"match({value}, '{'' if start else '.*'}{inner}{'' if end else '.*'}')"


def _range(found: re.Match[str]) -> str:
    return f"[{found[1]}:{int(found[2]) + 1}]"


_EXPRESSION: Final = _VALUE + r"\s*=~\s*/((?:[^/\\]|\\.)*)/"
_ALONE: Final = r"(?<=\[\?)\s*\(\s*" + _EXPRESSION + r"{flags}\s*\)\s*(?=\])"
_FLAGS_LOST: Final = (
    "a regular expression is matched with search() or match(); its flags are lost: for the flag i write "
    "both cases, e.g. [Aa]"
)
_REGULAR: Final = "a regular expression is matched with search() or match()"

RULES: Final[tuple[tuple[Rewrite, str], ...]] = (
    (
        replace(_VALUE + r"\s+in\s+[\[(]([^\[\]()]+)[\])]", _membership),
        "membership is == for each member, joined by ||",
    ),
    (
        replace(_VALUE + r"\s+contains\s+(['\"])([\w -]*)\2", r"search(\1, '\3')"),
        "contains is search() for a text; for a list it is a filter of its own, e.g. @.tags[?@ == 'x']",
    ),
    (
        replace(r"contains\(\s*" + _VALUE + r"\s*,\s*(['\"])([\w -]*)\2\s*\)", r"search(\1, '\3')"),
        "contains is search() for a text; for a list it is a filter of its own, e.g. @.tags[?@ == 'x']",
    ),
    (replace(_ALONE.format(flags="[a-z]+"), _matching), _FLAGS_LOST),
    (replace(_ALONE.format(flags=""), _matching), _REGULAR),
    (replace(_EXPRESSION + "[a-z]+", _matching), _FLAGS_LOST),
    (replace(_EXPRESSION, _matching), _REGULAR),
    (replace_unquoted(r"!==", "!="), "inequality is !="),
    (replace_unquoted(r"<>", "!="), "inequality is !="),
    (replace_unquoted(r"===", "=="), "equality is =="),
    (replace_unquoted(r"(?<![=!<>])=(?![=~])", "=="), "equality is =="),
    (
        replace_unquoted(r"([=<>]\s*)(true|false)\b", lambda found: found[1] + found[2].lower()),
        "true and false are lower-case",
    ),
    (
        replace_unquoted(r"([=<>]\s*)(?:none|null|nil|undefined)\b", r"\1null"),
        "nothing is null, in lower case",
    ),
    (
        replace_unquoted(
            r"([=!]=\s*)(?!(?:true|false|null)\b)([A-Z_]\w*)(?=\s*[)\]&|])", r"\1'\2'"
        ),
        "a text is quoted",
    ),
    (replace_unquoted(r"\s+and\s+", " && "), "and is &&"),
    (replace_unquoted(r"\s+or\s+", " || "), "or is ||"),
    (replace_unquoted(r"(?<=[(\s?])not\s+", "!"), "not is !"),
    (
        replace_unquoted(r"(@(?:\.\w+)*)\.(?:length|size)\(\)", r"length(\1)"),
        "the length is length(…)",
    ),
    (
        replace_unquoted(r"@\.(\w+(?:-\w+)+)", r"@['\1']"),
        "a name with a dash is quoted in brackets",
    ),
    (replace_unquoted(r"\[(\d+)\.\.(\d+)\]", _range), "a slice is [start:end], without its end"),
)
"""Rewrites with their reasons, in the order in which they are tried."""
