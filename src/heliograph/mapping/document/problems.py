"""What is wrong with a mapper document, and what is doubtful: collected while it is read.

All problems are reported at once, each with its JSON path in the mapper document, what was found and what
is allowed. Warnings do not keep a mapper from compiling; they come with it.
"""

import re
from typing import Final

from heliograph.errors import ConfigError
from heliograph.mapping.document.plan import MapperWarning
from heliograph.mapping.paths.jsonpath import normalized
from heliograph.mapping.wording import a_kind_of
from heliograph.model.json import Json, JsonObject

WARNINGS: Final[dict[str, str]] = {
    "mapper.unknown_key": "A key that means nothing to a mapper; it is ignored.",
    "mapper.batching_without_wildcard": "`batching` is true, but no path has `[*]`: "
    "a payload is one record.",
    "mapper.wildcard_as_list": "A `[*]` in a mapper without batching gives one list.",
    "mapper.arrays_side_by_side": "Several arrays are walked in step; "
    "a payload where their lengths differ is refused.",
    "mapper.first_match": "The path may select several values; the first one is taken.",
    "mapper.merge_ignored": "`#MERGE` is only known for `user_time`.",
    "mapper.format_ignored": "`formats` is only known for `user_time`.",
    "mapper.literal_like_path": "A literal that looks like a path; paths start with `$.`.",
    "mapper.null_literal": "A null literal maps nothing.",
    "mapper.unused_field": "A users mapper does not use this field.",
}
"""Every code of a `MapperWarning`, with its meaning."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def document_path(*keys: str) -> str:
    """Return the JSON path of a key in the mapper document: `$.mappings['#MERGE'].user_time`."""
    return "$" + "".join(
        f".{key}" if _PLAIN.fullmatch(key) else normalized((key,))[1:] for key in keys
    )


class Findings:
    """Problems and warnings of one document, in the order in which they were found."""

    def __init__(self) -> None:
        self.problems: list[ConfigError] = []
        self.warnings: list[MapperWarning] = []
        self._root = "$"

    def inside(self, root: str) -> "Findings":
        """Return the same findings for a part of the document, whose places begin at `root`."""
        inner = Findings()
        inner.problems, inner.warnings, inner._root = self.problems, self.warnings, root
        return inner

    def _place(self, where: str) -> str:
        return self._root + where[1:] if where.startswith("$") else where

    def problem(
        self,
        where: str,
        message: str,
        *,
        found: str | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Add something that keeps the document from compiling."""
        self.problems.append(
            ConfigError(
                "mapper.invalid",
                message,
                where=self._place(where),
                found=found,
                allowed=allowed,
                hint=hint,
            )
        )

    def problem_of(self, error: ConfigError, where: str) -> None:
        """Add an error that a part of the document raised, with its place in the document."""
        self.problem(
            where, error.message, found=error.found, allowed=error.allowed, hint=error.hint
        )

    def warn(self, code: str, message: str, where: str) -> None:
        """Add something that works, but perhaps not as meant; `code` is a key of `WARNINGS`."""
        self.warnings.append(MapperWarning(code, message, self._place(where)))

    def object_at(self, value: Json, *at: str) -> JsonObject:
        """Return the object; an empty one for null, and for anything else, which is a problem."""
        return self.object_of(value, document_path(*at), at[-1])

    def object_of(self, value: Json, where: str, name: str) -> JsonObject:
        """Do what `object_at` does for a place in the document that is already a path."""
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.problem(where, f"{name} is an object.", found=f"{a_kind_of(value)}")
        return {}

    def refusal(self) -> ConfigError:
        """Return one error that says all problems; there is at least one."""
        if len(self.problems) == 1:
            return self.problems[0]
        lines = "".join(f"\n- {problem}" for problem in self.problems)
        return ConfigError(
            "mapper.invalid", f"The mapper document has {len(self.problems)} problems.{lines}"
        )
