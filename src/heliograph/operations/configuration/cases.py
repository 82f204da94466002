"""The mappers' cases of a folder, run, with every difference as a problem."""

from collections.abc import Collection, Iterable

from heliograph.errors import ConfigError
from heliograph.mapping import Mapper
from heliograph.mapping.cases.case import run_case
from heliograph.mapping.cases.case_files import CaseFile, find_mappers
from heliograph.operations.configuration.folder import Folder, Problem

SHOWN_LINES = 12
"""Lines of a difference in a problem; `heliograph mapper test` shows all."""


def case_problems(folder: Folder, *, timezone: str, blocked: Collection[str]) -> Iterable[Problem]:
    """Yield a problem for each case that fails, has no expectation yet, or cannot be read.

    Mappers that do not compile are passed over: that is said about the mapper.
    """
    if not folder.cases:
        return
    for file in find_mappers(folder.root):
        if not file.cases:
            continue
        try:
            mapper = file.compile(timezone=timezone, blocked=blocked)
        except ConfigError:
            continue
        for case in file.cases:
            problem = _problem_of(folder, mapper, case)
            if problem is not None:
                yield problem


def _problem_of(folder: Folder, mapper: Mapper, case: CaseFile) -> Problem | None:
    name = case.path.relative_to(folder.root).as_posix()
    try:
        result = run_case(mapper, case.read())
    except ConfigError as error:
        return Problem(
            file=name, code=error.code, message=error.message, path=error.where, hint=error.hint
        )
    if result.state == "passed":
        return None
    if result.state == "new":
        return Problem(
            file=name,
            code="config.invalid",
            message="the case has no `expect` yet",
            severity="warning",
            hint="heliograph mapper test --update writes what the mapper gives now.",
        )
    shown = "\n    ".join(result.diff[:SHOWN_LINES])
    return Problem(
        file=name,
        code="config.case_failed",
        message=f"the mapper gives something else than the case expects\n    {shown}",
        hint="Mend the mapper (under a new name if it is in use), or `heliograph mapper test --update`.",
    )
