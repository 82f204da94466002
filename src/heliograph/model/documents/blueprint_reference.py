"""Which text of a blueprint a delivery is made with, however late it is sent.

A pipeline names a blueprint; names change their meaning with every `apply` and every release of ours. So
a delivery carries a reference to one text:

- `shop@3`: version 3 of the workspace's document,
- `preset:webengage/default@0a1b2c3d4e`: a preset, with a digest of its text,
- `shop`: whatever bears this name when the delivery is sent. Only where no text could be told when it was
  made (the document did not compile, or the destination was not usable), in deliveries from before
  references, and after `replay --newest-blueprint`.
"""

import re
from typing import Final

import msgspec

_VERSION: Final = re.compile(r"(?P<name>.+)@(?P<version>[1-9][0-9]*)\Z", re.DOTALL)
_PRESET: Final = re.compile(
    r"preset:(?P<type>[^/]+)/(?P<name>.+)@(?P<digest>[0-9a-f]{10})\Z", re.DOTALL
)


class Pinned(msgspec.Struct, frozen=True, kw_only=True):
    """A reference taken apart."""

    name: str
    """What a pipeline calls it."""
    version: int | None = None
    """Of the workspace's document; None for a preset and a bare name."""
    preset_of: str | None = None
    """Type of destination whose preset it is."""
    digest: str | None = None

    @property
    def exact(self) -> bool:
        """Whether it stands for one text."""
        return self.version is not None or self.digest is not None


def read_reference(reference: str) -> Pinned:
    """Return what a delivery's `blueprint` says; any text is at least a bare name."""
    if found := _PRESET.match(reference):
        return Pinned(name=found["name"], preset_of=found["type"], digest=found["digest"])
    if found := _VERSION.match(reference):
        return Pinned(name=found["name"], version=int(found["version"]))
    return Pinned(name=reference)
