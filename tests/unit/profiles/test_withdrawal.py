"""What a record lacks after events were taken out of it, and when nothing has to be looked up again."""

from heliograph.model.event import Event
from heliograph.profiles.draft import MOST_MS, Draft, happened
from heliograph.profiles.identity import Identifier
from heliograph.profiles.withdrawal import Loss, Withdrawn, makes_up, settle, withdraw

ADA = Identifier(profile_id="p_ada", kind="customer", value="ada")


def event(n: int, at: int, **traits: int) -> Event:
    return Event(
        type="track",
        event_id=f"evt_{n}",
        workspace="w",
        source_id="crm",
        request_id="req_1",
        item_index=n,
        timestamp=at,
        received_at=1_000_000 + n,
        customer_id="ada",
        traits=dict(traits),
    )


def draft_of(*events: Event) -> Draft:
    draft = Draft("w", ADA, events[0].timestamp)
    for one in events:
        draft.add(one, known=True)
    return draft


def gone(one: Event, **changes: bool) -> Withdrawn:
    return Withdrawn(event_id=one.event_id, at=happened(one), **changes)


def test_an_event_that_set_nothing_leaves_nothing_to_look_up() -> None:
    first, middle, last = event(1, 10, x=1), event(2, 20, x=2), event(3, 30, x=3)
    draft = draft_of(first, middle, last)
    loss = withdraw(draft, [gone(middle)])
    assert loss == Loss(attributes={})
    assert makes_up(draft, loss)
    assert draft.record() == draft_of(first, last).record()


def test_what_the_event_set_is_missing_until_the_survivors_are_joined() -> None:
    first, middle, last = event(1, 10, x=1), event(2, 20, y=2), event(3, 30, x=3)
    draft = draft_of(first, middle, last)
    loss = withdraw(draft, [gone(last)])
    assert set(loss.attributes) == {"x"}
    assert (loss.first_seen, loss.last_seen) == (None, 30)
    assert not makes_up(draft, loss)
    for survivor in (middle, first):
        draft.join(survivor, known=True)
    settle(draft, loss, complete=True)
    assert draft.record() == draft_of(first, middle).record()


def test_a_corrected_event_of_the_same_moment_makes_up_for_the_one_it_replaces() -> None:
    first, last = event(1, 10, x=1), event(3, 30, x=3)
    draft = draft_of(first, last)
    loss = withdraw(draft, [gone(last)])
    corrected = Event(
        **{
            **{f: getattr(last, f) for f in last.__struct_fields__},
            "event_id": "evt_3~2",
            "traits": {"x": 7},
        }
    )
    draft.add(corrected, known=True)
    assert makes_up(draft, loss)


def test_an_earlier_value_does_not_make_up_for_the_one_that_is_gone() -> None:
    draft = draft_of(event(1, 10, x=1), event(3, 30, x=3))
    loss = withdraw(draft, [gone(event(3, 30))])
    draft.add(event(4, 20, x=9), known=True)
    assert not makes_up(draft, loss)


def test_times_are_known_again_or_stay_where_the_oldest_events_were_trimmed() -> None:
    draft = draft_of(event(1, 10), event(2, 20), event(3, 30))
    loss = withdraw(draft, [gone(event(1, 10))])
    assert draft.first_seen == MOST_MS
    draft.join(event(3, 30), known=True)  # the second one was trimmed
    settle(draft, loss, complete=False)
    assert (draft.first_seen, draft.last_seen, draft.events) == (10, 30, 2)


def test_an_event_whose_bytes_are_gone_takes_the_times_with_it() -> None:
    draft = draft_of(event(1, 10), event(2, 20))
    loss = withdraw(draft, [Withdrawn(event_id="evt_9", at=None)])
    assert (loss.first_seen, loss.last_seen) == (10, 20)
    settle(draft, loss, complete=True)
    assert (draft.first_seen, draft.last_seen) == (10, 20)


def test_an_event_that_was_only_seen_is_not_counted() -> None:
    draft = draft_of(event(1, 10))
    draft.see(event(2, 40))
    loss = withdraw(draft, [gone(event(2, 40), counted=False)])
    assert (draft.events, loss.last_seen) == (1, 40)
