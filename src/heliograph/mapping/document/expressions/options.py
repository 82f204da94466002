"""How is each expression written, and which options may stand in it?"""

import difflib
from typing import Final

from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json, JsonObject

LITERAL: Final = "$literal"

FORMS: Final[dict[str, str]] = {
    "$first": '{"$first": ["$.a", "$.b"]}',
    "$map": '{"$map": {"of": "$.a", "values": {"from": "to"}, "default": "other"}}',
    "$template": '{"$template": "{$.a} {$.b}"}',
    "$hash": '{"$hash": {"of": "$.a", "with": "sha256", "normalise": "email"}}',
    "$cast": '{"$cast": {"of": "$.a", "to": "number"}}',
    "$split": '{"$split": {"of": "$.a", "by": " ", "take": 0}}',
    "$lower": '{"$lower": "$.a"}',
    "$upper": '{"$upper": "$.a"}',
    "$trim": '{"$trim": "$.a"}',
    "$title": '{"$title": "$.a"}',
    "$json": '{"$json": {"of": "$.a", "path": "$.b"}}',
    LITERAL: '{"$literal": "$.a"}',
}
"""Every expression, with how it is written."""


class OptionReader:
    """Reads the options of one expression; problems go to `findings`."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.problem = findings.problem

    def options(self, value: Json, where: str, name: str, *known: str) -> JsonObject | None:
        """Return the options; a bare source stands for `of` alone."""
        if isinstance(value, dict) and not any(key.startswith("$") for key in value):
            self.check_options(value, where, name, *known)
            return value
        if isinstance(value, str | dict):
            return {"of": value}
        self.problem(where, f"{name} takes an object.", found=a_kind_of(value), allowed=FORMS[name])
        return None

    def check_options(self, options: JsonObject, where: str, name: str, *known: str) -> None:
        """Report every option that an expression does not have."""
        for key in options:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                self.problem(
                    where + document_path(key)[1:],
                    f"{name} has no option {key}.",
                    found=shown(key),
                    allowed=", ".join(known),
                    hint=f"Did you mean {close[0]}?" if close else None,
                )

    def choice(
        self,
        options: JsonObject,
        key: str,
        where: str,
        allowed: tuple[str, ...],
        default: str | None,
    ) -> str | None:
        """Return one of the allowed words; None when that is a problem."""
        value = options.get(key, default)
        if isinstance(value, str) and value in allowed:
            return value
        self.problem(
            f"{where}.{key}",
            f"{key} is not given." if value is None else f"This {key} is not known.",
            found=None if value is None else shown(value),
            allowed=", ".join(allowed),
        )
        return None
