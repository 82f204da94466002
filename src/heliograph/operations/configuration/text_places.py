"""On which line of a TOML or JSON text a key stands, found cheaply: for messages, never for decisions.

Both formats are searched for the spelled key after the place of its parent; that is right for every
document we write and nearly every one people write, and a wrong line costs a reader a moment.
"""

import re
from collections.abc import Sequence


def line_of_toml_key(text: str, path: Sequence[str]) -> int | None:
    """Return the line (from 1) of `path` = section names and a key, or None when it is not found."""
    lines = text.splitlines()
    *section, key = path
    wanted = ".".join(section)
    current = ""
    key_pattern = re.compile(rf"^\s*(?:{re.escape(key)}|\"{re.escape(key)}\")\s*=")
    header_pattern = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
    for number, line in enumerate(lines, start=1):
        header = header_pattern.match(line)
        if header:
            current = header.group(1).replace('"', "").replace(" ", "")
            if current == ".".join(path):
                return number
        elif current == wanted and key_pattern.match(line):
            return number
    inline = re.compile(rf"(?<![\w-])\"?{re.escape(key)}\"?\s*=")
    return next((n for n, line in enumerate(lines, start=1) if inline.search(line)), None)


def line_of_json_path(text: str, path: str) -> int | None:
    """Return the line (from 1) of a JSON path such as `$.mappers.attr.name`, or None.

    Array indexes are passed over: the line is that of the nearest key.
    """
    names = [
        bracketed or plain
        for bracketed, plain in re.findall(r"\[['\"](.+?)['\"]\]|\.?([^.\[\]$]+)(?=[.\[]|$)", path)
        if not (bracketed or plain).isdigit()
    ]
    at = 0
    found = False
    for name in names:
        match = re.compile(rf'"{re.escape(name)}"\s*:').search(text, at)
        if match is None:
            break
        at, found = match.start(), True
    return text.count("\n", 0, at) + 1 if found else None
