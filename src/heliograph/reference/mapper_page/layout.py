"""Tables and values as the page of the mapper document shows them."""

import json
from collections.abc import Iterator

from heliograph.mapping.result import MappingResult
from heliograph.model.json import Json, JsonObject


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


def results(result: MappingResult) -> Iterator[str]:
    """Yield a line for each mapped item, without what is empty, then one for each rejected item."""
    for item in result.mapped:
        parts: JsonObject = {
            "customer_id": item.customer_id,
            "anonymous_id": item.anonymous_id,
            "group_id": item.group_id,
            "event": item.event,
            "timestamp": item.timestamp,
            "platform": item.platform,
            "properties": item.properties,
            "traits": item.traits,
        }
        yield f"event    {dump({k: v for k, v in parts.items() if v not in (None, {})})}"
    for item in result.rejected:
        yield f"refused  {item.code} at {item.path}: {item.message}"
