"""The reference page of JSON shapes, made from the structs of `operations.views` and their docstrings."""

import ast
import inspect
import textwrap
import types
from typing import Any, Final, get_args, get_origin

import msgspec

from heliograph.model.delivery import Attempt
from heliograph.operations import delivery_views, views
from heliograph.operations.act.sending.probe import ProbeResult
from heliograph.operations.look.condition.audit import AuditReport
from heliograph.profiles.fold import Person

NOUNS: Final[dict[str, tuple[type[msgspec.Struct], str]]] = {
    "request": (views.RequestView, "`requests list|show`, in a trace"),
    "event": (views.EventView, "`events list|show`, in a trace"),
    "delivery": (
        delivery_views.DeliveryView,
        "`deliveries` and `deadletters list|show`, in a trace",
    ),
    "attempt": (Attempt, "in a delivery"),
    "wait": (delivery_views.WaitView, "in a delivery that was not sent yet"),
    "finding": (delivery_views.FindingView, "in a delivery"),
    "trace": (views.TraceView, "`trace`"),
    "person": (views.PersonView, "`profiles show`"),
    "person of an event": (Person, "in an event: as `profiles show` has it, without its sources"),
    "reader": (views.ReaderView, "`readers list`, `readers forget`"),
    "gap": (views.GapView, "`readers gaps`, `readers acknowledge`"),
    "identifier": (views.IdentifierView, "`profiles list`"),
    "document": (views.DocumentView, "`source`, `destination`, `pipeline`, `mapper list|show`"),
    "remap": (views.RemapView, "`remap list|show`"),
    "status": (views.Status, "`status`"),
    "destination line": (views.DestinationLine, "in the status"),
    "audit report": (AuditReport, "`audit`"),
    "merge": (views.MergeView, "`profiles merge`"),
    "un-merge": (views.UnmergeView, "`profiles unmerge`"),
    "try": (delivery_views.TryView, "`deliveries try`"),
    "replay": (delivery_views.ReplayView, "`deliveries replay`, `deadletters replay`"),
    "change of a destination": (views.DestinationChange, "`destination pause|resume`"),
    "probe": (ProbeResult, "`destination test`"),
    "clock": (views.ClockState, "`clock show|accept`"),
}
"""Noun -> its one shape, and where it is shown."""


def render(notice: str) -> str:
    """Return the page in Markdown."""
    parts = [
        f"# JSON shapes\n\n{notice}",
        "What `--json` prints of each noun: one shape, whichever command shows it, alone, in a list or "
        "inside another one. Times are UTC epoch milliseconds. A field that a list leaves out for its length "
        "is null there. Fields may be added; none changes its meaning without a word in the changelog.",
        'Lists print an array, or with `--paged` one object `{"items": […], "next": …}`, whose `next` is '
        "what `--after` takes for the next page, null at the end.",
    ]
    parts += [_shape(noun, struct, where) for noun, (struct, where) in NOUNS.items()]
    return "\n\n".join(parts) + "\n"


def _shape(noun: str, struct: type[msgspec.Struct], where: str) -> str:
    said = _meanings(struct)
    rows = "\n".join(
        f"| `{field.encode_name}` | {_type(field.type)} | {said.get(field.name, '')} |"
        for field in msgspec.structs.fields(struct)
    )
    summary = (inspect.getdoc(struct) or "").partition("\n")[0]
    return (
        f"## {noun[0].upper()}{noun[1:]}\n\n{summary} Shown by {where}.\n\n"
        f"| Field | Type | Meaning |\n|---|---|---|\n{rows}"
    )


def _meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return field -> the text that stands behind it in the struct's source."""
    [body] = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split()).replace("|", "\\|")
    return found


def _type(type_: Any) -> str:
    if type_ is type(None):
        return "null"
    if isinstance(type_, types.UnionType) or str(get_origin(type_)) == "typing.Union":
        parts = list(dict.fromkeys(_type(one) for one in get_args(type_)))
        return "any JSON" if len(parts) > 4 else " or ".join(parts)
    if str(get_origin(type_)) == "typing.Literal":
        return ", ".join(f"`{one}`" for one in get_args(type_))
    if get_origin(type_) in (list, tuple):
        return f"list of {_type(get_args(type_)[0])}"
    if get_origin(type_) is dict:
        return "object"
    names = {str: "text", int: "number", float: "number", bool: "true or false"}
    if type_ in names:
        return names[type_]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        noun = next((noun for noun, (struct, _) in NOUNS.items() if struct is type_), None)
        return noun or "object"
    return "any JSON"
