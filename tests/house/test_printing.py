"""What a command prints passes one module, so that nothing a terminal would obey gets out."""

import re
from pathlib import Path

ELSEWHERE = re.compile(
    r"\b(click\.(echo|secho|style|prompt)|sys\.std(out|err)\.write)\(|(?<!\w)print\("
)
MAY = {"output.py", "__init__.py"}  # the second prints its own version


def test_commands_print_through_one_module(repo_root: Path):
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted((repo_root / "src/heliograph/cli").glob("*.py"))
        if path.name not in MAY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ELSEWHERE.search(line)
    ]
    assert not found, "print with say, print_line, print_json … of cli/output.py:\n" + "\n".join(
        found
    )
