"""Merges and un-merges that an operator asks for, inside a transaction.

An event never merges two customers, and never merges again what was un-merged here.
"""

from heliograph.errors import InputError
from heliograph.storage.profiles import Override, ProfileRecord
from heliograph.storage.store import Transaction


def merge_profiles(
    tx: Transaction, *, keep: str, absorb: str, operator: str, now_ms: int
) -> Override:
    """Make `absorb` the same person as `keep`; `keep` stays the canonical id.

    Deliveries that were held because `absorb` was anonymous become due. An earlier un-merge of `absorb` is
    lifted.

    Args:
        tx: an open transaction.
        keep: a profile id of the person that stays; its person must have a customer id.
        absorb: the profile id that is merged into it; not merged into another person yet.
        operator: who asked, for the log of merges.
        now_ms: UTC epoch milliseconds.

    Raises:
        InputError: `profile.unknown` (404) or `profile.merge_refused` (409).
    """
    merged = tx.profiles.canonical_of([keep, absorb])
    target = merged.get(keep, keep)
    records = tx.profiles.get_many([target, absorb])
    kept, absorbed = _known(records, target), _known(records, absorb)
    if absorb in merged:
        raise _refused(
            "the profile belongs to a person already",
            found=f"{absorb} is merged into {merged[absorb]}",
            hint="Un-merge it first, or merge the person it belongs to.",
        )
    if target == absorb:
        raise _refused("a person cannot be merged into itself", found=absorb)
    if kept.workspace != absorbed.workspace:
        raise _refused(
            "profiles of two workspaces are two persons",
            found=f"{kept.workspace} and {absorbed.workspace}",
        )
    if kept.kind != "customer":
        raise _refused(
            "the person that stays must have a customer id",
            found=f"{target} is anonymous",
            hint="Exchange the two.",
        )
    override = Override(
        old=absorb, canonical=target, merged_at=now_ms, reason=f"operator:{operator}"
    )
    brought = [absorb, *tx.profiles.members_of(absorb)]
    tx.profiles.merge(override)
    tx.deliveries.rekey(dict.fromkeys(brought, target))
    tx.deliveries.identified(brought, now_ms=now_ms)
    return override


def unmerge_profile(tx: Transaction, *, profile_id: str, now_ms: int) -> str:
    """Make `profile_id` a person of its own again, with everything that was merged into it before.

    What is open of it leaves the line of the person it belonged to, but for what is in flight.
    Events that carry it beside a customer id do not merge it again.

    Returns:
        The canonical id it belonged to.

    Raises:
        InputError: `profile.unknown` (404): it is not merged into anybody.
    """
    merged = tx.profiles.canonical_of([profile_id])
    if not tx.profiles.unmerge(profile_id):
        raise InputError(
            "profile.unknown",
            "the profile is not merged into another one",
            status=404,
            where="profile_id",
            found=profile_id,
            hint="`heliograph profiles show` lists the merges of a person.",
        )
    taken = {profile_id, *tx.profiles.members_of(profile_id)}
    tx.deliveries.part(taken, old=merged[profile_id], new=profile_id, now_ms=now_ms)
    return merged[profile_id]


def _known(records: dict[str, ProfileRecord], profile_id: str) -> ProfileRecord:
    record = records.get(profile_id)
    if record is None:
        raise InputError(
            "profile.unknown",
            "no event was ever applied for this profile",
            status=404,
            where="profile_id",
            found=profile_id,
        )
    return record


def _refused(message: str, *, found: str, hint: str | None = None) -> InputError:
    return InputError("profile.merge_refused", message, status=409, found=found, hint=hint)
