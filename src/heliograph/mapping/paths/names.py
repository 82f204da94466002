"""How is the text of a JSONPath cut into tokens? As `jsonpath-rfc9535` does, with the RFC's range for names.

RFC 9535, 2.5.1.1: a name begins with `ALPHA`, `_`, U+0080 to U+D7FF or U+E000 to U+10FFFF; digits may
follow. The library (1.0.1) means the same, but writes it so that the second and later letters must lie below
U+1100: it reads a name of one Chinese letter and refuses one of two. See
docs/decisions/0045-names-of-every-script.md.
"""

import re
from typing import Final

from jsonpath_rfc9535.exceptions import JSONPathSyntaxError
from jsonpath_rfc9535.lex import RE_PROPERTY, Lexer
from jsonpath_rfc9535.tokens import Token, TokenType

LETTERS: Final = r"A-Za-z_\u0080-\uD7FF\uE000-\U0010FFFF"
"""What a name begins with, as a class of a regular expression; digits may follow."""
NAME: Final = re.compile(rf"[{LETTERS}][{LETTERS}0-9]*")
"""A name that may stand behind a dot."""


class _Lexer(Lexer):
    """The library's, with `NAME` wherever it looks for a name."""

    def accept_match(self, pattern: re.Pattern[str]) -> bool:
        return super().accept_match(NAME if pattern is RE_PROPERTY else pattern)


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a path, as the library's `tokenize` does.

    Raises:
        JSONPathSyntaxError: it is none.
    """
    lexer = _Lexer(text)
    lexer.run()
    tokens = lexer.tokens
    if tokens and tokens[-1].type_ == TokenType.ERROR:
        raise JSONPathSyntaxError(tokens[-1].message, token=tokens[-1])
    if lexer.bracket_stack:
        bracket, at = lexer.bracket_stack[-1]
        reason = f"unbalanced {'brackets' if bracket == '[' else 'parentheses'}"
        raise JSONPathSyntaxError(reason, token=Token(TokenType.ERROR, bracket, at, text, reason))
    return tokens
