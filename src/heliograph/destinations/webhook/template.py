"""Payloads by template: JSON in which some texts are paths into the canonical payload.

A text that is `$` or begins with `$.` is a path of member names and list positions: `$.customer_id`,
`$.properties.products.0.price`. Whatever else is literal; `$$.x` stands for the literal text `$.x`. A
path that leads nowhere, or to null, leaves its key out (in a list: its place).
"""

from heliograph.model.json import Json


class _Missing:
    """What a path that leads nowhere gives; null would be a value."""


_MISSING = _Missing()


def check_template(template: Json) -> None:
    """Return nothing when the template can make payloads.

    Raises:
        ValueError: it is no JSON object or list, or a path has an empty name.
    """
    if not isinstance(template, (dict, list)) or not template:
        raise ValueError("a template is a JSON object or list that is not empty")
    pending: list[Json] = [template]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, str) and _is_path(node) and not _is_readable(node):
            raise ValueError(
                f"the template's path {node[:80]!r} is none: write $.name.name or $.name.0"
            )


def render(template: Json, document: Json, missing: list[str] | None = None) -> Json:
    """Return the template with its paths replaced by what `document` has there; None for nothing.

    Args:
        template: as `check_template` takes it.
        document: the canonical payload.
        missing: gets the paths that lead nowhere, or to null.
    """
    value = _render(template, document, [] if missing is None else missing)
    return None if isinstance(value, _Missing) else value


def _render(node: Json, document: Json, missing: list[str]) -> Json | _Missing:
    if isinstance(node, str):
        if _is_path(node):
            found = _at(node, document)
            if isinstance(found, _Missing):
                missing.append(node)
            return found
        return node[1:] if node.startswith("$$") else node
    if isinstance(node, list):
        items = [_render(item, document, missing) for item in node]
        return [item for item in items if not isinstance(item, _Missing)]
    if isinstance(node, dict):
        members = {name: _render(value, document, missing) for name, value in node.items()}
        return {name: v for name, v in members.items() if not isinstance(v, _Missing)}
    return node


def _is_path(text: str) -> bool:
    return text == "$" or text.startswith("$.")


def _is_readable(path: str) -> bool:
    return all(path.split(".")) and not any(character in path for character in "[]*?")


def _at(path: str, document: Json) -> Json | _Missing:
    node = document
    for name in path.split(".")[1:]:
        if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            return _MISSING
    return _MISSING if node is None else node
