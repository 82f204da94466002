"""Who asks: the first argument of every operation.

The command line passes the operator of the machine, who may everything in every workspace. A management API
passes what its token says: one workspace, and what its bearer may. Whoever is bound to a workspace sees
what belongs to it and nothing else; what says something of the whole hub is refused to them.
"""

from typing import Final, Literal

import msgspec

from heliograph.errors import InputError

Right = Literal["look", "act", "reveal"]
"""`look`: see what there is. `act`: change something. `reveal`: see literal secrets unmasked."""
ALL_RIGHTS: Final[frozenset[Right]] = frozenset({"look", "act", "reveal"})


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, for which workspace, and what they may."""

    who: str
    """For the log and for what is written down of a change."""
    workspace: str | None = None
    """The only one they may see; None: all of them, and the hub itself."""
    may: frozenset[Right] = frozenset({"look"})

    def require(self, right: Right) -> None:
        """Refuse what the caller may not.

        Raises:
            InputError: `caller.refused` (403).
        """
        if right not in self.may:
            raise _refused("the caller may not do this", found=right, allowed=self._rights())

    def require_whole_hub(self, what: str) -> None:
        """Refuse a caller who is bound to a workspace what tells of all of them.

        Raises:
            InputError: `caller.refused` (403).
        """
        if self.workspace is not None:
            raise _refused(
                f"{what} tells of the whole hub, and the caller belongs to one workspace",
                found=f"a caller of {self.workspace}",
                allowed="the operator of the hub",
            )

    def within(self, workspace: str | None) -> str | None:
        """Return the workspace to look in: the one asked for, else the caller's own; None is any.

        Raises:
            InputError: `caller.refused` (403); another one than the caller's was asked for.
        """
        if self.workspace is None or workspace in (None, self.workspace):
            return workspace or self.workspace
        raise _refused(
            "the caller belongs to another workspace", found=workspace, allowed=self.workspace
        )

    def sees(self, workspace: str) -> bool:
        """Tell whether something of this workspace may be shown to the caller."""
        return self.workspace in (None, workspace)

    def _rights(self) -> str:
        return ", ".join(sorted(self.may)) or "nothing"


def operator(who: str) -> Caller:
    """Return the operator of this machine: everything, everywhere."""
    return Caller(who=who, may=ALL_RIGHTS)


def _refused(message: str, *, found: str | None, allowed: str) -> InputError:
    return InputError(
        "caller.refused", message, status=403, where="caller", found=found, allowed=allowed
    )
