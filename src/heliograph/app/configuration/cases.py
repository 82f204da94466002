"""The mappers' cases of a folder, run, with every difference as a problem."""

from collections.abc import Iterable

from heliograph.app.configuration.folder import Folder, Problem


def case_problems(folder: Folder, *, timezone: str) -> Iterable[Problem]:
    """Yield a problem for each case that fails."""
    return ()
