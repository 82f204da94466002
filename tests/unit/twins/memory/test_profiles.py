"""Profiles stay within their bounds."""

from heliograph.twins.memory.profiles import KEPT_EVENTS, ProfileBook


def test_the_least_recently_touched_is_forgotten():
    book = ProfileBook(keep=2)
    for name in ("a", "b", "a", "c"):
        book.touch(name, "id")
    assert book.find("b") is None
    assert book.find("a") is not None
    assert len(book) == 2


def test_the_same_text_may_name_two_kinds_of_profile():
    book = ProfileBook()
    book.touch("x", "userId").attributes["known"] = True
    book.touch("x", "anonymousId")
    anonymous = book.find("x", "anonymousId")
    assert anonymous is not None
    assert anonymous.attributes == {}
    assert book.find("x", "other") is None


def test_a_timeline_keeps_the_newest_and_counts_all():
    profile = ProfileBook().touch("x", "id")
    for number in range(KEPT_EVENTS + 5):
        profile.add_event({"n": number})
    shown = profile.shown()
    assert shown["event_count"] == KEPT_EVENTS + 5
    assert profile.events[0] == {"n": 5}
