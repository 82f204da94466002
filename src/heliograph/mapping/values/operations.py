"""One expression as one function: a value in, a value out, None where there is none.

What works on single values works on each element of a list: `$lower` of two texts is two texts. An element
that comes to nothing is null, so that the others keep their places; a list of nothing but null is missing.
"""

from collections.abc import Callable
from typing import TypeAlias

from heliograph.mapping.document.plan import (
    Cast,
    Hash,
    JsonText,
    Split,
    TextOf,
    Unblocked,
)
from heliograph.mapping.document.selection import gives_list
from heliograph.mapping.paths.work import Work
from heliograph.mapping.values.casts import quick_caster
from heliograph.mapping.values.hashes import hasher
from heliograph.mapping.values.json_texts import NoJson, read_json
from heliograph.mapping.values.somebody import unblocked
from heliograph.mapping.values.texts import change_of, splitter
from heliograph.model.json import Json

Operation: TypeAlias = Callable[[Json], Json]
Plain: TypeAlias = Hash | Cast | Split | TextOf | Unblocked
"""Expressions that are a function of one value."""


def operation_of(expression: Plain) -> Operation:
    """Return what an expression makes of the value of its `of`: of a list, each of its elements."""
    operation = of_one(expression)

    def applied(value: Json) -> Json:
        if type(value) is not list:
            return operation(value)
        found = [operation(member) for member in value]
        return found if any(member is not None for member in found) else None

    return applied


def of_one(expression: Plain) -> Operation:
    """Return what an expression makes of a value that is no list; None of None."""
    match expression:
        case Hash():
            return hasher(expression.algorithm, expression.normalise)
        case Split():
            return splitter(expression.by, expression.take, expression.limit)
        case TextOf():
            return change_of(expression.how)
        case Cast():
            return quick_caster(expression)
        case Unblocked():
            return unblocked(expression.blocked)


def document_in(value: Json, work: Work) -> Json:
    """Return what a text holds, for `$json`; None when it holds no JSON.

    Raises:
        TooMuchWork: reading it costs more than is left.
    """
    if value is None:
        return None
    try:
        return read_json(value, work)
    except NoJson:
        return None


def selector(expression: JsonText, *, one: bool) -> Callable[[Json, Work], Json]:
    """Return what `$json` takes of the document in its text; the function raises `TooMuchWork`.

    Args:
        expression: which path to follow.
        one: whether the field takes one value: the first match.
    """
    query = expression.query
    whole = not query.head and not query.tail
    many = gives_list(expression)

    def select(document: Json, work: Work) -> Json:
        if whole or document is None:
            return document
        values = query.values_from(document, document, work)
        if not values:
            return None
        return values[0] if one or (len(values) == 1 and not many) else values

    return select
