"""In an identifier, a part that stands for nobody is missing.

`{$.shop}-{$.customer}` of a customer `""` or `null` would be one identifier for all strangers of a shop, and
so would the hash of `{{user.email}}`. So each value in a `$template`, and what `$hash` hashes, is judged as
an identifier is, and `$first` passes over what stands for nobody.
"""

import msgspec

from heliograph.mapping.document.plan import (
    Constant,
    Expression,
    First,
    Hash,
    Path,
    Plan,
    Source,
    Template,
    Unblocked,
    Value,
    with_operands,
)
from heliograph.model.nobody import Blocklist


def with_blocked(plan: Plan, blocked: Blocklist) -> Plan:
    """Return one block of a plan with the identifiers that stand for nobody in its workspace."""
    return msgspec.structs.replace(
        plan,
        blocked=blocked,
        customer_id=_judged(plan.customer_id, blocked),
        anonymous_id=_judged(plan.anonymous_id, blocked),
        group_id=None if plan.group_id is None else _inside(plan.group_id, blocked),
    )


def _judged(source: Value | None, blocked: Blocklist) -> Value | None:
    return source if source is None or isinstance(source, Path) else _value(source, blocked)


def _inside(source: Source, blocked: Blocklist) -> Source:
    return source if isinstance(source, Path | Constant) else _value(source, blocked)


def _value(source: Expression, blocked: Blocklist) -> Expression:
    source = with_operands(source, lambda each: _inside(each, blocked))
    if isinstance(source, First):
        return msgspec.structs.replace(source, blocked=blocked)
    if isinstance(source, Template | Hash):
        return with_operands(source, lambda each: _unblocked(each, blocked))
    return source


def _unblocked(source: Source, blocked: Blocklist) -> Source:
    if isinstance(source, Constant):
        return source
    return Unblocked(text=source.text, of=source, blocked=blocked)
