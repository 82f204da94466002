"""What every journal must keep of raw requests: listing, scanning, counting, trimming."""

from heliograph.model.request import RejectedItem
from heliograph.storage.journal import Journal, RequestQuery
from heliograph.testing.journal_fixtures import JournalFixtures
from heliograph.testing.samples import make_record, make_request


class RequestsConformance(JournalFixtures):
    """Raw requests beside the records; mixed into `JournalConformance`."""

    def test_requests_and_records_are_stored_together_and_counted(self, journal: Journal) -> None:
        refused = RejectedItem(index=0, code="mapper.missing_field", message="no id", item={"a": 1})
        requests = [
            make_request(1, items=2, events=2, body=b"\x00raw", message_id="msg-1"),
            make_request(2, items=3, events=2, state="partial", rejected=(refused,)),
            make_request(3, items=1, events=0, state="refused", rejected=(refused,)),
        ]
        journal.append(requests, [make_record(n, key=f"k{n}") for n in range(4)])
        for request in requests:
            assert journal.request(request.request_id) == request
        assert journal.request("req_none") is None
        counts = journal.counts()
        assert (counts.requests, counts.items, counts.events) == (3, 6, 4)
        assert (counts.rejected, counts.refused_requests, counts.derived) == (2, 1, 0)

    def test_records_beyond_those_of_their_requests_are_counted_as_derived(
        self, journal: Journal
    ) -> None:
        journal.append([make_request(1)], [make_record(1, key="a")])
        journal.append([], [make_record(n, key=f"k{n}") for n in range(2, 5)])
        journal.append([make_request(2)], [make_record(n, key="a") for n in (5, 6)])
        counts = journal.counts()
        assert (counts.items, counts.events, counts.derived) == (2, 6, 4)
        assert sum(journal.bounds(p).last for p in range(journal.partitions)) == counts.events

    def test_requests_are_listed_newest_first_without_bodies(self, journal: Journal) -> None:
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
        journal.append(requests, [])

        def ids(query: RequestQuery) -> list[int]:
            found = journal.requests(query)
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
        there = RequestQuery(workspace="wa", before_id=requests[28].request_id, limit=1)
        assert ids(there) == [27]
        elsewhere = RequestQuery(workspace="wb", before_id=requests[28].request_id)
        assert ids(elsewhere) == []

    def test_a_scan_yields_requests_with_bodies_oldest_first(self, journal: Journal) -> None:
        requests = [
            make_request(n, source_id="crm" if n % 2 else "form", body=bytes([n]) * (n * 50))
            for n in range(1, 201)
        ]
        journal.append(requests, [])
        everything = journal.scan_requests(
            workspace=None, source_id=None, since_ms=None, until_ms=None
        )
        assert list(everything) == requests
        some = journal.scan_requests(workspace="w", source_id="crm", since_ms=50, until_ms=60)
        assert [request.received_at for request in some] == [51, 53, 55, 57, 59]
        others = journal.scan_requests(workspace="x", source_id="crm", since_ms=None, until_ms=None)
        assert list(others) == []

    def test_a_scan_may_be_left_open_while_others_append(self, journal: Journal) -> None:
        journal.append([make_request(n) for n in range(1, 101)], [])
        scan = iter(
            journal.scan_requests(workspace=None, source_id=None, since_ms=None, until_ms=None)
        )
        next(scan)
        journal.append([make_request(101)], [])
        assert sum(1 for _ in scan) >= 99

    def test_trimmed_requests_are_gone_and_events_stay(self, journal: Journal) -> None:
        places = journal.append(
            [make_request(n) for n in range(1, 11)], [make_record(1, key="one")]
        )
        assert journal.trim_requests(6) == 5
        assert journal.trim_requests(6) == 0
        assert [r.received_at for r in journal.requests(RequestQuery())] == [10, 9, 8, 7, 6]
        assert journal.entry(*places[0]) is not None
        assert journal.counts().requests == 10

    def test_requests_are_trimmed_in_steps_the_oldest_first(self, journal: Journal) -> None:
        journal.append([make_request(n, body=b"x" * 3_000_000) for n in range(1, 4)], [])
        journal.append([make_request(n) for n in range(4, 11)], [])
        removed: list[int] = []
        while step := journal.trim_requests(9, limit=3):
            removed.append(step)
        assert sum(removed) == 8
        assert max(removed) <= 3
        assert [r.received_at for r in journal.requests(RequestQuery())] == [10, 9]
        counts = journal.counts()
        assert (counts.requests, counts.trimmed_requests) == (10, 8)

    def test_the_mappers_of_a_source_are_counted(self, journal: Journal) -> None:
        journal.append(
            [make_request(n, mapper="crm/a@1" if n % 3 else "crm/b@2") for n in range(1, 10)], []
        )
        journal.append([make_request(10, source_id="form", mapper="form/a@1")], [])
        journal.append([make_request(11, workspace="other", mapper="crm/other@1")], [])

        def used(since_ms: int | None, until_ms: int | None) -> dict[str, int]:
            return journal.mappers_used(
                workspace="w", source_id="crm", since_ms=since_ms, until_ms=until_ms
            )

        assert used(None, None) == {"crm/a@1": 6, "crm/b@2": 3}
        assert used(4, 6) == {"crm/a@1": 2}
        assert used(20, None) == {}
