"""What every journal must keep of raw requests: listing, scanning, counting, trimming."""

import msgspec

from heliograph.model.request import RejectedCut, RejectedItem
from heliograph.storage.events.journal import JournalCounts
from heliograph.storage.events.requests import RequestQuery
from heliograph.testing.journal.fixtures import JournalFixtures, WholeJournal
from heliograph.testing.samples import make_record, make_request


class RequestsConformance(JournalFixtures):
    """Raw requests beside the records; mixed into `JournalConformance`."""

    def test_requests_and_records_are_stored_together_and_counted(
        self, journal: WholeJournal
    ) -> None:
        refused = RejectedItem(index=0, code="mapper.missing_field", message="no id", item={"a": 1})
        requests = [
            make_request(1, items=2, events=2, body=b"\x00raw", message_id="msg-1"),
            make_request(2, items=3, events=2, state="partial", rejected=(refused,)),
            make_request(3, items=1, events=0, state="refused", rejected=(refused,)),
        ]
        journal.take(requests, [make_record(n, key=f"k{n}") for n in range(4)])
        for request in requests:
            assert journal.requests.get(request.request_id) == request
        assert journal.requests.get("req_none") is None
        counts = journal.requests.counts()
        assert (counts.requests, counts.items, counts.events) == (3, 6, 4)
        assert (counts.rejected, counts.refused_requests) == (2, 1)
        assert journal.counts() == JournalCounts(events=4, derived=0)

    def test_of_many_rejected_items_the_number_is_kept_and_counted(
        self, journal: WholeJournal
    ) -> None:
        first = RejectedItem(index=1, code="mapper.missing_field", message="no id")
        cut = RejectedCut(total=4_000, ranges=((1, 3_998), (4_003, 4_004)))
        request = make_request(
            1, items=4_005, events=5, state="partial", rejected=(first,), cut=cut
        )
        journal.take([request], [make_record(n, key="k") for n in range(5)])
        assert journal.requests.get(request.request_id) == request
        [listed] = journal.requests.find(RequestQuery())
        assert (listed.rejected, listed.rejected_count) == ((first,), 4_000)
        assert listed.rejected_indexes() == {*range(1, 3_999), 4_003, 4_004}
        counts = journal.requests.counts()
        assert (counts.items, counts.events, counts.rejected) == (4_005, 5, 4_000)

    def test_records_without_a_request_are_counted_as_derived(self, journal: WholeJournal) -> None:
        journal.take([make_request(1)], [make_record(1, key="a")])
        journal.append([make_record(n, key=f"k{n}") for n in range(2, 5)])
        journal.take([make_request(2)], [make_record(5, key="a")])
        assert journal.counts() == JournalCounts(events=5, derived=3)
        assert journal.requests.counts().events == 2
        assert sum(bounds.last for bounds in journal.heads()) == 5

    def test_requests_are_listed_newest_first_without_bodies(self, journal: WholeJournal) -> None:
        requests = [
            make_request(
                n,
                workspace="wa" if n % 2 else "wb",
                source_id="crm" if n % 3 else "form",
                state="refused" if n % 5 == 0 else "accepted",
                body=b"raw",
            )
            for n in range(1, 31)
        ]
        journal.take(requests, [])

        def ids(query: RequestQuery) -> list[int]:
            found = journal.requests.find(query)
            assert all(request.body == b"" for request in found)
            return [request.received_at for request in found]

        assert ids(RequestQuery(limit=3)) == [30, 29, 28]
        assert ids(RequestQuery(before_id=requests[27].request_id, limit=2)) == [27, 26]
        assert ids(RequestQuery(workspace="wa", limit=2)) == [29, 27]
        assert ids(RequestQuery(source_id="form", limit=2)) == [30, 27]
        assert ids(RequestQuery(states=("refused",))) == [30, 25, 20, 15, 10, 5]
        assert ids(RequestQuery(states=("refused", "partial"), workspace="wb")) == [30, 20, 10]
        assert ids(RequestQuery(since_ms=5, until_ms=8)) == [7, 6, 5]
        assert ids(RequestQuery(before_id="req_none")) == []
        assert ids(RequestQuery(id_prefix=requests[7].request_id)) == [8]
        assert ids(RequestQuery(id_prefix="req_%")) == []
        assert ids(RequestQuery(id_suffix="007")) == [7]
        assert ids(RequestQuery(id_suffix="5", workspace="wa")) == [25, 15, 5]
        assert ids(RequestQuery(id_suffix="%7")) == []
        there = RequestQuery(workspace="wa", before_id=requests[28].request_id, limit=1)
        assert ids(there) == [27]
        elsewhere = RequestQuery(workspace="wb", before_id=requests[28].request_id)
        assert ids(elsewhere) == []

    def test_the_newest_id_is_the_one_that_sorts_last_whenever_it_was_received(
        self, journal: WholeJournal
    ) -> None:
        assert journal.requests.newest_id() is None
        later = msgspec.structs.replace(make_request(1), received_at=10**12)
        journal.take([make_request(3), later, make_request(2)], [])
        assert journal.requests.newest_id() == make_request(3).request_id

    def test_a_scan_yields_requests_with_bodies_oldest_first(self, journal: WholeJournal) -> None:
        requests = [
            make_request(n, source_id="crm" if n % 2 else "form", body=bytes([n]) * (n * 50))
            for n in range(1, 201)
        ]
        journal.take(requests, [])
        everything = journal.requests.scan(
            workspace=None, source_id=None, since_ms=None, until_ms=None
        )
        assert list(everything) == requests
        some = journal.requests.scan(workspace="w", source_id="crm", since_ms=50, until_ms=60)
        assert [request.received_at for request in some] == [51, 53, 55, 57, 59]
        others = journal.requests.scan(workspace="x", source_id="crm", since_ms=None, until_ms=None)
        assert list(others) == []

    def test_a_scan_may_be_left_open_while_others_append(self, journal: WholeJournal) -> None:
        journal.take([make_request(n) for n in range(1, 101)], [])
        scan = iter(
            journal.requests.scan(workspace=None, source_id=None, since_ms=None, until_ms=None)
        )
        next(scan)
        journal.take([make_request(101)], [])
        assert sum(1 for _ in scan) >= 99

    def test_trimmed_requests_are_gone_and_events_stay(self, journal: WholeJournal) -> None:
        places = journal.take([make_request(n) for n in range(1, 11)], [make_record(1, key="one")])
        assert journal.requests.trim(6) == 5
        assert journal.requests.trim(6) == 0
        assert [r.received_at for r in journal.requests.find(RequestQuery())] == [10, 9, 8, 7, 6]
        assert journal.entry(*places[0]) is not None
        assert journal.requests.counts().requests == 10

    def test_requests_are_trimmed_in_steps_the_oldest_first(self, journal: WholeJournal) -> None:
        journal.take([make_request(n, body=b"x" * 3_000_000) for n in range(1, 4)], [])
        journal.take([make_request(n) for n in range(4, 11)], [])
        removed: list[int] = []
        while step := journal.requests.trim(9, limit=3):
            removed.append(step)
        assert sum(removed) == 8
        assert max(removed) <= 3
        assert [r.received_at for r in journal.requests.find(RequestQuery())] == [10, 9]
        counts = journal.requests.counts()
        assert (counts.requests, counts.trimmed_requests) == (10, 8)

    def test_the_mappers_of_a_source_are_counted(self, journal: WholeJournal) -> None:
        journal.take(
            [make_request(n, mapper="crm/a@1" if n % 3 else "crm/b@2") for n in range(1, 10)], []
        )
        journal.take([make_request(10, source_id="form", mapper="form/a@1")], [])
        journal.take([make_request(11, workspace="other", mapper="crm/other@1")], [])

        def used(since_ms: int | None, until_ms: int | None) -> dict[str, int]:
            return journal.requests.mappers_used(
                workspace="w", source_id="crm", since_ms=since_ms, until_ms=until_ms
            )

        assert used(None, None) == {"crm/a@1": 6, "crm/b@2": 3}
        assert used(4, 6) == {"crm/a@1": 2}
        assert used(20, None) == {}
