"""Case results as JUnit XML, which every CI server reads."""

from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a report."""

    suite: str
    """Mapper name, `<partner>/<config>`."""
    name: str
    failure: str | None = None
    """Why it failed; None when it passed."""


def as_junit(checks: Sequence[Check]) -> str:
    """Return the report; suites in the order of their first check."""
    root = ElementTree.Element("testsuites", name="heliograph mapper test")
    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check)
    for name, members in suites.items():
        failed = sum(check.failure is not None for check in members)
        suite = ElementTree.SubElement(
            root, "testsuite", name=name, tests=str(len(members)), failures=str(failed)
        )
        for check in members:
            case = ElementTree.SubElement(suite, "testcase", classname=name, name=check.name)
            if check.failure is not None:
                first_line = check.failure.partition("\n")[0]
                failure = ElementTree.SubElement(case, "failure", message=_printable(first_line))
                failure.text = _printable(check.failure)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """Replace what XML 1.0 cannot hold."""
    return "".join(
        c if c in "\t\n" or (c.isprintable() and c < "\ufffe") else "\ufffd" for c in text
    )
