"""Which paths does a plan ask for, and may what they cost depend on the payload?"""

from collections.abc import Iterator

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Merge, Path, Plan, Source, leaves_of
from heliograph.mapping.run.expression_code import is_counted


def has_open_paths(plan: Plan) -> bool:
    """Tell whether what a plan costs within one record depends on the payload."""
    if not all(map(selection.is_singular, every_path(plan))):
        return True
    in_batch = bool(plan.chain.arrays)
    sources = (source for block in plan.blocks() for source in _sources(block))
    return any(is_counted(source, in_batch=in_batch) for source in sources)


def copies(plan: Plan) -> bool:
    """Tell whether a plan, or one of its variants, has `create_all`."""
    return any(
        attributes.create_all is not None
        for block in plan.blocks()
        for attributes in (block.properties, block.traits)
    )


def _sources(plan: Plan) -> Iterator[Source]:
    sources: list[Source | None] = [
        plan.customer_id,
        plan.anonymous_id,
        plan.event,
        plan.platform,
        plan.app_version,
        plan.group_id,
    ]
    if isinstance(plan.time, Merge):
        sources += [plan.time.date, plan.time.time]
    else:
        sources.append(plan.time)
    for attributes in (plan.properties, plan.traits):
        sources += [attributes.create_all, *(each.value for each in attributes.named)]
    sources += [each.path for each in plan.validations]
    return (source for source in sources if source is not None)


def paths_of_block(plan: Plan) -> Iterator[Path]:
    """Yield the paths of all fields and validations of a plan without variants, or of one variant."""
    return (path for source in _sources(plan) for path in leaves_of(source))


def condition_paths(plan: Plan) -> Iterator[Path]:
    """Yield the paths that the conditions of variants ask for."""
    return (each.path for variant in plan.variants for each in variant.when)


def every_path(plan: Plan) -> Iterator[Path]:
    """Yield all of them."""
    yield from condition_paths(plan)
    for block in plan.blocks():
        yield from paths_of_block(block)
