"""A remap from beginning to end: stored requests are read, compared, and corrected events appended.

Memory is bounded: requests come in pages, each page is appended in one durable transaction, and how far
the remap came is written down after it. Killed at any moment, it goes on (`remap` with state `running`)
or is started again; what was appended is found and not appended twice.

The newest generation of an event is known from the store, so events must be applied before they are
compared: `wait_applied` is called at the start and for events that are not found.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from heliograph.model.clock import Clock
from heliograph.model.event import encode_event
from heliograph.model.remap import Remap, RemapCounts
from heliograph.model.request import StoredRequest
from heliograph.remap.compare import RemapSummary
from heliograph.remap.page import PagePlan, Task, plan_page
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Record

PAGE_REQUESTS = 256
PAGE_ITEMS = 1_000
"""Events of one page at most, unless a single request has more: so long appends of others wait."""
SAVE_EVERY = 50
"""Pages without any change after which it is written down how far the remap came."""


class RemapReport(msgspec.Struct, kw_only=True):
    """What a remap did, or would do."""

    remap: Remap
    summary: RemapSummary
    """Of this run; a run that went on after an interruption counts what it found itself."""


class RemapRun:
    """One remap. `preview` changes nothing, `run` appends.

    Args:
        remap: what is to be done; one with `reached_ms` goes on from there.
        task: mapper and options that belong to it.
        data: for `run`, opened for writing.
        clock: for the times of what is appended.
        wait_applied: returns when everything in the journal now has been applied; raises when that
            cannot be expected.
        rest: called with seconds after an append that took so long, so that others get the journal too.
    """

    def __init__(
        self,
        remap: Remap,
        task: Task,
        *,
        data: Data,
        clock: Clock,
        wait_applied: Callable[[], None],
        rest: Callable[[float], object],
    ) -> None:
        self._remap = remap
        self._task = task
        self._data = data
        self._clock = clock
        self._wait_applied = wait_applied
        self._rest = rest
        self._summary = RemapSummary()
        self._counts = remap.counts

    def preview(self, *, examples: int, progress: Callable[[int], None]) -> RemapReport:
        """Return what would change; `progress` is told the number of requests looked at.

        Raises:
            StoreUnavailable: journal or store cannot be read.
        """
        self._wait_applied()
        for page in self._pages():
            self._count(page, self._plan(page), examples)
            progress(self._counts.requests)
        return self._report("running")

    def run(self, *, examples: int, progress: Callable[[int], None]) -> RemapReport:
        """Append what is to change, and return what that was.

        Raises:
            StoreUnavailable: journal or store cannot be read or written; go on later.
        """
        self._wait_applied()
        self._save()
        idle = 0
        for page in self._pages():
            plan = self._plan(page)
            if plan.events:
                self._append(plan)
            self._count(page, plan, examples)
            self._reach(page[-1])
            idle = 0 if plan.events else idle + 1
            if idle in (0, SAVE_EVERY):
                self._save()
                idle = 0
            progress(self._counts.requests)
        report = self._report("done")
        self._save()
        return report

    def _pages(self) -> Iterator[list[StoredRequest]]:
        page: list[StoredRequest] = []
        items = 0
        for request in self._requests():
            if page and (len(page) == PAGE_REQUESTS or items + request.items > PAGE_ITEMS):
                yield page
                page, items = [], 0
            page.append(request)
            items += request.items
        if page:
            yield page

    def _requests(self) -> Iterable[StoredRequest]:
        """Yield the requests that are still to be done, oldest first."""
        remap = self._remap
        since = remap.reached_ms if remap.reached_ms is not None else remap.since_ms
        behind = remap.reached_id
        if behind is not None and self._data.requests.get(behind) is None:
            behind = None  # trimmed meanwhile, and with it all before it
        under = frozenset(remap.received_under)
        for request in self._data.requests.scan(
            workspace=remap.workspace,
            source_id=remap.source_id,
            since_ms=since,
            until_ms=remap.until_ms,
        ):
            if behind is not None:
                if request.request_id == behind:
                    behind = None
                continue
            if request.mapper in under:
                yield request

    def _plan(self, page: list[StoredRequest]) -> PagePlan:
        plan = self._plan_now(page)
        if not plan.missing:
            return plan
        self._wait_applied()
        return self._plan_now(page)

    def _plan_now(self, page: list[StoredRequest]) -> PagePlan:
        with self._data.store.read() as reader:
            return plan_page(page, self._task, journal=self._data.journal, reader=reader)

    def _append(self, plan: PagePlan) -> None:
        now_ms = self._clock.now_ms()
        records = [
            Record(key=event.key, id=event.event_id, at=now_ms, value=encode_event(event))
            for event in plan.events
        ]
        began = self._clock.monotonic_s()
        for start in range(0, len(records), PAGE_ITEMS):
            self._data.journal.append(records[start : start + PAGE_ITEMS])
        self._rest(self._clock.monotonic_s() - began)

    def _count(self, page: list[StoredRequest], plan: PagePlan, examples: int) -> None:
        before = msgspec.structs.asdict(self._summary)
        for diff in plan.diffs:
            self._summary.add(diff, examples=examples)
        after, counts = self._summary, self._counts
        self._counts = RemapCounts(
            requests=counts.requests + len(page),
            unchanged=counts.unchanged + after.unchanged - before["unchanged"],
            added=counts.added + after.added - before["added"] + plan.earlier["added"],
            removed=counts.removed + after.removed - before["removed"] + plan.earlier["removed"],
            changed=counts.changed + after.changed - before["changed"] + plan.earlier["changed"],
            out_of_reach=counts.out_of_reach + len(plan.missing),
            unreadable=counts.unreadable + len(plan.unreadable),
        )

    def _reach(self, request: StoredRequest) -> None:
        self._remap = msgspec.structs.replace(
            self._remap,
            counts=self._counts,
            reached_ms=request.received_at,
            reached_id=request.request_id,
        )

    def _report(self, state: str) -> RemapReport:
        self._remap = msgspec.structs.replace(self._remap, counts=self._counts)
        if state == "done":
            self._remap = msgspec.structs.replace(
                self._remap, state="done", finished_at=self._clock.now_ms()
            )
        return RemapReport(remap=self._remap, summary=self._summary.finish())

    def _save(self) -> None:
        with self._data.store.transaction() as tx:
            tx.remaps.put(self._remap)
