"""Tables and values as the page of the mapper document shows them."""

import json

from heliograph.model.json import Json


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def inline(value: Json) -> str:
    """Return a value as code."""
    return f"`{dump(value)}`"


def dump(value: Json) -> str:
    """Return a value as JSON of one line."""
    return json.dumps(value, ensure_ascii=False)
