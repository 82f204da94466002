"""The part of docs/reference/mapper.md about identifiers that stand for nobody."""

from typing import Final

from heliograph.model.nobody import BUILT_IN, WORDS

_NOBODY: Final = (
    *["0", "0000", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    *["[object Object]", "(null)", "<nil>", "{{user.id}}", "${id}", "%%id%%", "%id%", "{id}"],
    *["<user_id>", "#{id}", "*|EMAIL|*", "[[id]]", "{% id %}", "%7B%7Bid%7D%7D", ":id", "$user_id"],
    *["null null", "undefined-undefined", "null@null.com", "[null]", "[user_id]", "(not set)"],
    *["__USER_ID__", "%(id)s", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "***", "-", "?"],
)
"""Examples of the forms that identifiers have which stand for nobody."""


def identifiers() -> str:
    """Return the section as Markdown; each example is what the hub blocks.

    Raises:
        ValueError: an example is not blocked.
    """
    wrong = [value for value in _NOBODY if not BUILT_IN.holds(value)]
    if wrong:
        raise ValueError(f"not blocked: {wrong}")
    words = ", ".join(f"`{value}`" for value in sorted(WORDS) if value)
    shapes = ", ".join(f"`{value}`" for value in _NOBODY)
    return f"""
### Identifiers that stand for nobody

A value that senders put where they have no identifier is a **blocked value**. As `customer_id` or `anon_id`
it counts as none: a record that has no other identifier is refused with `mapper.blocked_identity`, and
`explain` says so where another one is left. A record whose `group_id` is one is refused likewise. Otherwise
all who send it would become one person, or one group. Blanks,
byte order marks and other invisible characters at both ends of an identifier are cut off first; case does not
matter. Blocked are

- what has the form of a zero, of the last possible UUID, of a template nobody filled, of an object, of
  a name in braces or angle brackets, of several words of nothing joined, or no letter or digit at all:
  {shapes}, and others of these forms. Quotes, `[ ]`, `( )` and escapes around it (`"null"`, `%7Bid%7D`) are
  looked through, and what is wrapped more than three times is blocked whatever it holds; `[123]` and `(Anna)`
  are somebody;
- the hashes (MD5, SHA-1, SHA-2) of nothing, of `null`, `undefined` and their like;
- the words {words}.

Any other is somebody: `1` and `2` are customers of many shops. (MoEngage ignores them: its destination
refuses them, with the reason, and no other does.) A workspace adds its own in `blocked_identifiers` of
`workspace.toml`. A word added later, or by a newer release, changes nothing that was stored: profiles that
such a value had made one person stay one until `heliograph rebuild` (the built-in list) or a remap of the
requests (both) corrects them.
""".strip()
