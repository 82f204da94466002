"""How often which letters and lengths occur in what is packed: the tables in front of every dictionary.

Without them Zstandard makes tables of its own for each value, which takes as long as the rest of packing it,
and writes them before it, up to a third of what a short value packs to. So a dictionary begins with these:
the head of a Zstandard dictionary (magic number, id, Huffman table of literals, tables of offsets, match
lengths and literal lengths, three first offsets: RFC 8878 section 5), which the exemplars follow.

The tables were trained with `zstandard.train_dictionary(16384, values, level=1)` of zstandard 0.25 on equal
parts of bodies, headers, events and attempts of `heliograph demo`, 2026-11; its exemplars were cut off.
They fit any JSON well enough: texts in Devanagari, Cyrillic and Chinese packed to three quarters of what they
did without, random bytes in base64 to a hundredth more. A dictionary bears the tables it was made with;
by them it is told from one of before, which has none. Whoever makes others keeps these known to `codec.py`.
"""

from typing import Final

TABLES: Final = bytes.fromhex(
    "37a430ec5eb3fc763d10a845490730338ba7d4999944cccccc3853813ad803b146621b9b15fdb6bfe5deb5b0"
    "56236bc6cdb3fc3d2da594524a691a06923db22fbb820a3fb41fc3050000008346a1a0c080447d000480c083"
    "87890a890807068a158c068509070303c1203110100a87225128101a0a08b2188594a15507000064b227d599"
    "a26988010000000000011000000000010000000400000008000000"
)
"""They hold for dictionaries up to 128 KiB: further back no offset has a code here."""
