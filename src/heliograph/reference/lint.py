"""The text of docs/reference/lint.md, rendered from the findings and the platforms' rules."""

from heliograph.mapping.document.problems import WARNINGS
from heliograph.mapping.lint.check import FINDINGS, STANDARD
from heliograph.mapping.lint.vendor_rules import VENDORS, VendorRules


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    from_document = "\n".join(f"| `{code}` | {text} |" for code, text in WARNINGS.items())
    rest = "\n".join(
        f"| `{code}` | {text} |" for code, text in FINDINGS.items() if code not in WARNINGS
    )
    vendors = "\n".join(_row(name, rules) for name, rules in VENDORS.items())
    by_standard: dict[str, list[str]] = {}
    for spelling, standard in STANDARD.items():
        by_standard.setdefault(standard, []).append(f"`{spelling}`")
    standards = "\n".join(f"| `{name}` | {', '.join(each)} |" for name, each in by_standard.items())
    return f"""# What `mapper lint` says

{notice}

A finding is no error: the mapper works. A warning means that data is lost or wrong, a note that it may be
meant. [`heliograph mapper lint`](cli.md#heliograph-mapper-lint) looks at the document alone, and with sample
payloads also at what becomes of them.

## Findings

Of the document, also given by `check` and `apply`:

| code | meaning |
|---|---|
{from_document}

Of the document beside sample payloads and platforms:

| code | meaning |
|---|---|
{rest}

## Platforms

What each of them trims, refuses or ignores, as far as a mapper decides it. Sources, all copies of mid-2026:
Datafly Signal "WebEngage" and WebEngage "REST API: tracking events"; MoEngage "Data API" and "Data tracking
policies"; Heap "Track" and "Add user properties".

| | name | event name | text | own names | user attributes refused | attributes | list | `platform` |
|---|---|---|---|---|---|---|---|---|
{vendors}

Lengths are in characters, lists in elements, attributes are those of one event.

## Standard attributes

| platforms' own | spellings that get a note |
|---|---|
{standards}
"""


def _row(name: str, rules: VendorRules) -> str:
    counts: list[str] = []
    if rules.attributes_max is not None:
        counts.append(str(rules.attributes_max))
    if rules.per_type_max is not None:
        counts.append(f"{rules.per_type_max} of each type")
    own = f"`{rules.reserved_prefix}…`" if rules.reserved_prefix else "–"
    if rules.settable:
        own += " but " + ", ".join(f"`{each}`" for each in sorted(rules.settable))
    cells = (
        f"`{name}`",
        str(rules.name_max),
        str(rules.event_name_max),
        str(rules.text_max),
        own,
        ", ".join(f"`{each}`" for each in sorted(rules.blocked_traits)) or "–",
        ", ".join(counts) or "–",
        str(rules.list_max) if rules.list_max is not None else "–",
        ", ".join(sorted(rules.platforms)),
    )
    return f"| {' | '.join(cells)} |"
