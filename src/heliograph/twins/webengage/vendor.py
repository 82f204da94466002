"""How WebEngage answers: key, license, rate, body; then the profile takes it.

| Call | Limit | Answer |
|---|---|---|
| POST /v1/accounts/{license}/events, /users | 5,000/min each | 200 `{"response":{"status":"queued"}}` |
| POST /v1/accounts/{license}/bulk-events, /bulk-users | 500/min each, 25 items a call | same |
| POST /v2/accounts/{license}/experiments/{campaign}/transaction | 100/min | 200 with `response.data` |

Errors are `{"response":{"message","status":"error"}}`: 400 by `rules.py`, 401 without or with a wrong bearer
key, 404 with a wrong license, 429 over the limit. `X-RateLimit-Limit` and `-Remaining` stand on every
answer behind the key; there is no Retry-After. A repeated `x-request-id` is not duplicated for 4 hours if
the first was ingested; the pages say so of /events and /users, WebEngage's own client of bulk calls too
(webengage-migration 0.2.0). `?format=xml` answers a success in XML, whose elements no page shows: here they
are the members of the JSON; errors are JSON always. Source: REST API pages, copies of 2026-06-02; bodies of
200 and 400, 401/403 and 404 also on the Datafly page of 2026.
"""

import hmac
import re
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from heliograph.model.json import Json, JsonObject
from heliograph.twins.limits import Allowance, Draw, Limit, Limits
from heliograph.twins.memory.profiles import ProfileBook
from heliograph.twins.webengage import rules
from heliograph.twins.wire import Answer, Call, Problem, Verdict, read_object

BULK_ITEMS: Final = 25
REMEMBERED_MS: Final = 4 * 3600 * 1000  # how long an x-request-id is recognised
REMEMBERED_IDS: Final = 500_000
_PATH: Final = re.compile(
    r"/v1/accounts/(?P<license>[^/]+)/(?P<call>events|users|bulk-events|bulk-users)/?"
    r"|/v2/accounts/(?P<license2>[^/]+)/experiments/(?P<campaign>[^/]+)/transaction/?"
)
_MESSAGES: Final = {
    401: "Error: Unauthorized.",
    403: "Error: the API key has no permission to update data.",
    404: "Error: account not found.",
    408: "Error: ttl expired.",
    429: "Error: API rate limit exceeded.",
}


class WebEngageTwin:
    """WebEngage with one account: `license_code` and `api_key` are what it accepts."""

    name = "webengage"

    def __init__(self, *, license_code: str, api_key: str) -> None:
        self._license = license_code
        self._bearer = f"Bearer {api_key}".encode()
        self._types = rules.TypeRegistry()
        self._request_ids: dict[str, int] = {}
        self._transactions = 0
        self.profiles = ProfileBook()
        self.limits = Limits(
            [
                Limit(bucket="events", amount=5_000),
                Limit(bucket="users", amount=5_000),
                Limit(bucket="bulk-events", amount=500),
                Limit(bucket="bulk-users", amount=500),
                Limit(bucket="transaction", amount=100),
            ]
        )

    def failure(self, status: int) -> Answer:
        """Return the error envelope for a status."""
        return _error(Problem(status, _MESSAGES.get(status, "Error: internal server error.")))

    def handle(self, call: Call, now_ms: int) -> Verdict:
        """Judge a request and apply it."""
        match = _PATH.fullmatch(call.path)
        if match is None:
            return Verdict(answer=_error(Problem(404, "Error: resource not found.")))
        endpoint = match["call"] or "transaction"
        if call.method != "POST":
            return Verdict(
                answer=_error(Problem(405, "Error: method not allowed.")), endpoint=endpoint
            )
        if not hmac.compare_digest(call.headers.get("authorization", "").encode(), self._bearer):
            return Verdict(answer=self.failure(401), endpoint=endpoint)
        if (match["license"] or match["license2"]) != self._license:
            return Verdict(answer=self.failure(404), endpoint=endpoint)
        allowance = self.limits.take([Draw(endpoint)], now_ms)
        if not allowance.allowed:
            return _limited(Verdict(answer=self.failure(429), endpoint=endpoint), allowance)
        verdict = self._taken(call, endpoint, match["campaign"], now_ms)
        if call.query.get("format", "").lower() == "xml" and verdict.answer.status == 200:
            answer = Answer(status=200, body=verdict.answer.body, xml=_xml(verdict.answer.body))
            verdict = msgspec.structs.replace(verdict, answer=answer)
        return _limited(verdict, allowance)

    def _taken(self, call: Call, endpoint: str, campaign: str | None, now_ms: int) -> Verdict:
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            problem = Problem(400, "Error: Content-Type must be application/json.")
            return Verdict(answer=_error(problem), endpoint=endpoint)
        body = read_object(call.body)
        if body is None:
            return Verdict(answer=_error(Problem(400, "Error: invalid JSON.")), endpoint=endpoint)
        request_id = call.headers.get("x-request-id")
        match endpoint:
            case "events" | "users":
                return self._single(endpoint, body, request_id, now_ms)
            case "bulk-events":
                return self._bulk("events", body, request_id, now_ms)
            case "bulk-users":
                return self._bulk("users", body, request_id, now_ms)
            case _:
                return self._transaction(body, campaign or "")

    def _single(self, kind: str, body: JsonObject, request_id: str | None, now_ms: int) -> Verdict:
        problem = rules.event_problem(body) if kind == "events" else rules.user_problem(body)
        keys = (request_id,) if request_id else ()
        if problem is not None:
            return Verdict(answer=_error(problem), endpoint=kind, keys=keys)
        if request_id and not self._first_time(request_id, now_ms):
            return Verdict(answer=_QUEUED, endpoint=kind, items=1, duplicates=1, keys=keys)
        losses = self._apply(kind, body)
        return Verdict(answer=_QUEUED, endpoint=kind, items=1, keys=keys, losses=tuple(losses))

    def _bulk(self, kind: str, body: JsonObject, request_id: str | None, now_ms: int) -> Verdict:
        endpoint = f"bulk-{kind}"
        keys = (request_id,) if request_id else ()
        items = body.get(kind)
        problem = None
        objects: list[JsonObject] = []
        if not isinstance(items, list) or not 1 <= len(items) <= BULK_ITEMS:
            problem = Problem(400, f"Error: {kind} must be an array of 1 to {BULK_ITEMS} items.")
        else:
            objects = [item for item in items if isinstance(item, dict)]
            if len(objects) < len(items):
                problem = Problem(400, f"Error: every item of {kind} must be an Object.")
            check = rules.event_problem if kind == "events" else rules.user_problem
            problem = problem or next((p for item in objects if (p := check(item))), None)
        if problem is not None:
            return Verdict(answer=_error(problem), endpoint=endpoint, keys=keys)
        number = len(objects)
        if request_id and not self._first_time(request_id, now_ms):
            return Verdict(
                answer=_QUEUED, endpoint=endpoint, items=number, duplicates=number, keys=keys
            )
        losses = tuple(loss for item in objects for loss in self._apply(kind, item))
        return Verdict(answer=_QUEUED, endpoint=endpoint, items=number, keys=keys, losses=losses)

    def _transaction(self, body: JsonObject, campaign: str) -> Verdict:
        user_id = body.get("userId")
        if not isinstance(user_id, str) or not user_id:
            problem = Problem(400, "Error: userId cannot be empty.")
            return Verdict(answer=_error(problem), endpoint="transaction")
        if self.profiles.find(user_id, "userId") is None:
            problem = Problem(404, "Error: user not found.")
            return Verdict(answer=_error(problem), endpoint="transaction")
        self._transactions += 1
        data: JsonObject = {
            "txnId": body.get("txnId") or f"txn-{self._transactions}",
            "experimentId": campaign,
            "userId": user_id,
            "ttl": body.get("ttl", 120),
        }
        answer = Answer(status=200, body={"response": {"data": data, "status": "queued"}})
        return Verdict(answer=answer, endpoint="transaction", items=1)

    def _first_time(self, request_id: str, now_ms: int) -> bool:
        seen = self._request_ids.get(request_id)
        if seen is not None and now_ms - seen < REMEMBERED_MS:
            return False
        if len(self._request_ids) >= REMEMBERED_IDS:
            del self._request_ids[next(iter(self._request_ids))]
        self._request_ids[request_id] = now_ms
        return True

    def _apply(self, kind: str, body: JsonObject) -> list[str]:
        losses: list[str] = []
        user_id = body.get("userId")
        if user_id and body.get("anonymousId"):
            losses.append("anonymousId is ignored beside userId; the two are not merged")
        identifier = "userId" if user_id else "anonymousId"
        profile = self.profiles.touch(str(user_id or body["anonymousId"]), identifier)
        fields = rules.EVENT_FIELDS if kind == "events" else rules.USER_FIELDS
        losses += [f"unknown field '{name}' is ignored" for name in body if name not in fields]
        if kind == "events":
            kept, changed = self._types.keep(str(body["eventName"]), _object(body.get("eventData")))
            event: JsonObject = {"eventName": body["eventName"], "eventData": kept}
            if "eventTime" in body:
                event["eventTime"] = body["eventTime"]
            profile.add_event(event)
            return losses + changed
        own = {
            n: v
            for n, v in body.items()
            if n in fields and n not in {"attributes", *rules.IDENTITY_FIELDS}
        }
        kept, changed = self._types.keep(rules.USERS, _object(body.get("attributes")))
        for name, value in kept.items():
            if isinstance(value, str) and len(value) > rules.STRING_CHARACTERS:
                kept[name] = value[: rules.STRING_CHARACTERS]
                changed.append(
                    f"users: '{name}' is truncated to {rules.STRING_CHARACTERS} characters"
                )
        profile.attributes.update(own)
        profile.attributes.update(kept)
        return losses + changed


_QUEUED: Final = Answer(status=200, body={"response": {"status": "queued"}})


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _error(problem: Problem) -> Answer:
    return Answer(
        status=problem.status, body={"response": {"message": problem.message, "status": "error"}}
    )


def _xml(value: Json) -> str:
    """Return JSON as elements: a member is an element of its name, an item of a list is an `item`."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(member)}</{name}>" for name, member in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{_xml(item)}</item>" for item in value)
    return escape(str(value))


def _limited(verdict: Verdict, allowance: Allowance) -> Verdict:
    """Return the verdict with the rate limit's headers."""
    if allowance.limit is None:
        return verdict
    headers = {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
    }
    answer = msgspec.structs.replace(verdict.answer, headers=headers)
    return msgspec.structs.replace(verdict, answer=answer)
