"""The reference page of error codes, made from `errors.CODES` and the drawing of the tree."""

import inspect

from heliograph import errors


def render(notice: str) -> str:
    """Return the page in Markdown."""
    rows = "\n".join(f"| `{code}` | {meaning} |" for code, meaning in sorted(errors.CODES.items()))
    drawing = (inspect.getdoc(errors) or "").split("```")[1].strip()
    return (
        f"# Error codes\n\n{notice}\n\n"
        "Every refusal carries one of these codes: what is wrong, where, what was found, what is allowed, "
        "and what to do next.\n\n"
        f"| Code | Meaning |\n|---|---|\n{rows}\n\n"
        f"## Kinds of errors\n\n```text\n{drawing}\n```\n"
    )
