"""How Heap answers: app_id, body, rate; then the user takes it.

| Call | Limit |
|---|---|
| POST /api/track | 30 requests per 30 s and identity; 15,000 events/min and app |
| POST /api/track with `events` | 1,000 events/min and identity; 15,000 events/min and app |
| POST /api/add_user_properties | 30 requests per 30 s and identity |
| POST /api/add_user_properties with `users` | 1,000 users a request |
| POST /api/add_account_properties | 1,000 accounts a request |
| POST /api/v1/identify | one identity per user_id, ten user_ids per identity in 30 days |

No key but the `app_id` in the body. A repeated `idempotency_key` is taken and changes nothing, for ever.
`/api/integrations/track`, where Segment's own destination sends (action-destinations 3.497.0), is answered
with a statement: nobody documents it.
Heap does not document its answers: 200 with an empty body, 400 and 429 with `{"error"}` are this twin's form.
Source: developers.heap.io (copies of mid-2026).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from heliograph.model.json import Json, JsonObject
from heliograph.twins.heap import rules
from heliograph.twins.limits import Draw, Limit, Limits
from heliograph.twins.memory.profiles import ProfileBook
from heliograph.twins.memory.remembered_keys import RememberedKeys
from heliograph.twins.wire import Answer, Call, Problem, Verdict, read_object

USER_IDS_PER_IDENTITY: Final = 10
MONTH_MS: Final = 30 * 24 * 3600 * 1000
REMEMBERED_KEYS: Final = 500_000
_PATHS: Final = {
    "/api/track": "track",
    "/api/add_user_properties": "add_user_properties",
    "/api/add_account_properties": "add_account_properties",
    "/api/v1/identify": "identify",
}
_SEGMENT: Final = "/api/integrations/track"
_SEGMENT_SAYS: Final = (
    "This is Segment's private way into Heap: no page of Heap describes it, so a twin cannot judge it. "
    "The server-side API takes the same as POST /api/track."
)
_BULK: Final = {
    "track": "events",
    "add_user_properties": "users",
    "add_account_properties": "accounts",
}
_CHECKS: Final[dict[str, Callable[[Mapping[str, Json]], Problem | None]]] = {
    "track": rules.event_problem,
    "add_user_properties": rules.user_problem,
    "add_account_properties": rules.account_problem,
    "identify": rules.identify_problem,
}


class HeapTwin:
    """Heap with one environment: `app_id` is what it accepts."""

    name = "heap"

    def __init__(self, *, app_id: str) -> None:
        self._app_id = app_id
        self._keys = RememberedKeys(REMEMBERED_KEYS)
        self._identity_of: dict[str, str] = {}
        self._user_ids: dict[str, list[int]] = {}
        self.profiles = ProfileBook()
        self.limits = Limits(
            [
                Limit(bucket="app", amount=15_000),
                Limit(bucket="track", amount=30, per_s=30, window="sliding"),
                Limit(bucket="add_user_properties", amount=30, per_s=30, window="sliding"),
                Limit(bucket="bulk-track", amount=1_000),
            ]
        )

    def failure(self, status: int) -> Answer:
        """Return an error body for a status."""
        messages = {400: "invalid request", 404: "not found", 429: "rate limit exceeded"}
        return Answer(status=status, body={"error": messages.get(status, "internal error")})

    def handle(self, call: Call, now_ms: int) -> Verdict:
        """Judge a request and apply it."""
        if call.path.rstrip("/") == _SEGMENT:
            return _refusal(Problem(404, _SEGMENT_SAYS), "integrations/track")
        endpoint = _PATHS.get(call.path.rstrip("/"))
        if endpoint is None:
            return Verdict(answer=self.failure(404))
        if call.method != "POST":
            return _refusal(Problem(405, "method not allowed"), endpoint)
        if "application/json" not in call.headers.get("content-type", "").lower():
            return _refusal(Problem(400, "Content-Type must be application/json"), endpoint)
        body = read_object(call.body)
        if body is None:
            return _refusal(Problem(400, "body must be a JSON object"), endpoint)
        if str(body.get("app_id", "")) != self._app_id:
            return _refusal(Problem(400, "app_id is missing or unknown"), endpoint)
        items = _items(endpoint, body)
        if isinstance(items, Problem):
            return _refusal(items, endpoint)
        for item in items:
            if (problem := _CHECKS[endpoint](item)) is not None:
                return _refusal(problem, endpoint)
        if not self.limits.take(_draws(endpoint, body, items), now_ms).allowed:
            return Verdict(answer=self.failure(429), endpoint=endpoint)
        return self._taken(endpoint, items, now_ms)

    def _taken(self, endpoint: str, items: list[JsonObject], now_ms: int) -> Verdict:
        duplicates = 0
        losses: list[str] = []
        keys = tuple(str(k) for item in items if (k := item.get("idempotency_key")))
        for item in items:
            if endpoint == "track" and not self._first_time(item.get("idempotency_key")):
                duplicates += 1
                continue
            losses += self._apply(endpoint, item, now_ms)
        return Verdict(
            answer=Answer(status=200),
            endpoint=endpoint,
            items=len(items),
            duplicates=duplicates,
            keys=keys,
            losses=tuple(losses),
        )

    def _first_time(self, key: Json) -> bool:
        if not isinstance(key, str) or not key:
            return True
        return self._keys.first_time(key)

    def _apply(self, endpoint: str, item: JsonObject, now_ms: int) -> list[str]:
        if endpoint == "identify":
            return self._identify(item, now_ms)
        kept, losses = rules.kept_properties(item.get("properties"))
        if endpoint == "add_account_properties":
            self.profiles.touch(str(item["account_id"]), "account_id").attributes.update(kept)
            return losses
        kind = "identity" if "identity" in item else "user_id"
        name = str(item[kind])
        if kind == "user_id" and name in self._identity_of:
            kind, name = "identity", self._identity_of[name]
        profile = self.profiles.touch(name, kind)
        if endpoint == "add_user_properties":
            profile.attributes.update(kept)
            return losses
        event: JsonObject = {"event": item["event"], "properties": kept}
        for field in ("timestamp", "session_id", "idempotency_key"):
            if field in item:
                event[field] = item[field]
        profile.add_event(event)
        if rules.is_epoch(item.get("timestamp")):
            losses.append("timestamp as epoch ms is not documented by Heap")
        return losses

    def _identify(self, item: JsonObject, now_ms: int) -> list[str]:
        identity, user_id = str(item["identity"]), str(item["user_id"])
        known = self._identity_of.get(user_id)
        if known is not None:
            return (
                [] if known == identity else [f"user_id {user_id} has an identity already; dropped"]
            )
        moments = [at for at in self._user_ids.get(identity, []) if at > now_ms - MONTH_MS]
        if len(moments) >= USER_IDS_PER_IDENTITY:
            return [f"identity has {USER_IDS_PER_IDENTITY} user_ids this month; ignored"]
        self._identity_of[user_id] = identity
        self._user_ids[identity] = [*moments, now_ms]
        profile = self.profiles.touch(identity, "identity")
        anonymous = self.profiles.remove(user_id, "user_id")
        if anonymous is not None:
            for event in anonymous.events:
                profile.add_event(event)
            profile.merged_from.append(user_id)
        return []


def _items(endpoint: str, body: JsonObject) -> list[JsonObject] | Problem:
    """Return the items of a bulk request, or the body itself as the only one."""
    field = _BULK.get(endpoint)
    if field is None or field not in body:
        return [body]
    items = body[field]
    if not isinstance(items, list) or not 1 <= len(items) <= rules.BULK_ITEMS:
        return Problem(400, f"{field} must be an array of 1 to {rules.BULK_ITEMS} items")
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) < len(items):
        return Problem(400, f"every item of {field} must be an object")
    return objects


def _draws(endpoint: str, body: JsonObject, items: list[JsonObject]) -> list[Draw]:
    if endpoint not in ("track", "add_user_properties"):
        return []
    names = Counter(str(item.get("identity") or f"user_id:{item.get('user_id')}") for item in items)
    if _BULK[endpoint] not in body:
        return [*(Draw(endpoint, name) for name in names), *_app_draw(endpoint, 1)]
    if endpoint == "add_user_properties":
        return []
    per_identity = [Draw("bulk-track", name, count) for name, count in names.items()]
    return [*per_identity, *_app_draw(endpoint, len(items))]


def _app_draw(endpoint: str, cost: int) -> list[Draw]:
    return [Draw("app", "", cost)] if endpoint == "track" else []


def _refusal(problem: Problem, endpoint: str) -> Verdict:
    return Verdict(
        answer=Answer(status=problem.status, body={"error": problem.message}), endpoint=endpoint
    )
