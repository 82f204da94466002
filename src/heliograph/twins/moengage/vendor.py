"""How MoEngage's Data API answers: credentials, headers, size, body, rate; then the profile takes it.

| Call (below /v1) | Limit | Size |
|---|---|---|
| POST /customer/{workspace} | 10,000 users/min | 128 KB |
| POST /event/{workspace} | 30,000 events/min, one per action | 128 KB |
| POST /device/{workspace} | 10,000/min | 128 KB |
| POST /transition/{workspace} (older: /transition?app_id=) | 60,000 users and 60,000 events/min | 100 KB |
| POST /customers/export?app_id= | 1,000 users/min, 20 a call | 128 KB |
| POST /customer/merge?app_id= | 1,000 users/min, 50 a call | 128 KB |
| POST /customer/delete?app_id= | 5,000/min | 128 KB |
| POST /integrations/authentication with MOE-APPKEY | | |

A KB is read as 1,000 bytes. Basic auth is workspace id and Data API key; 401 when missing or wrong, 409 when
the path names another workspace. Accepted is 200 `{"status":"success","message":…}`; every error is
`{"status":"fail","error":{…}}` with a request_id. `x-ratelimit-limit/-remaining/-reset` stand on every
answer of a limited call, reset in seconds left. A user over 5,000 requests a minute is dropped silently.
`?project_code=` names a project of a portfolio on the first four. `/v1/integrations/segment`, where Segment's
own destination sends (action-destinations 3.497.0), is answered with a statement: nobody documents it.
Source: OpenAPI document, Data overview, Rate limits, Fair use (copies of mid-2026).
"""

import re
from typing import Final

from heliograph.model.json import Json, JsonObject
from heliograph.twins.limits import Allowance, Draw, Limit, Limits
from heliograph.twins.memory.profiles import ProfileBook
from heliograph.twins.moengage import people, rules
from heliograph.twins.moengage.credentials import Credentials
from heliograph.twins.wire import Answer, Call, Problem, Verdict, read_json

LARGEST_BODY: Final = 128_000  # bytes
LARGEST_BULK: Final = 100_000  # bytes
_PATH: Final = re.compile(
    r"/v1/(?:(?P<people>customer/merge|customer/delete|customers/export|integrations/authentication)"
    r"|(?P<kind>customer|event|device|transition)(?:/(?P<workspace>[^/]+))?)/?"
)
_BUCKETS: Final = {"customer": "users", "event": "events", "device": "devices"}
_FAILURES: Final = {
    400: ("A valid JSON document is required.", "Body type is not JSON"),
    401: (
        "App Secret key mismatch. Please login to the dashboard to verify key",
        "Authentication required",
    ),
    403: ("Your account is suspended. Please contact MoEngage team.", "Account Suspended"),
    404: ("Resource not found", "Not Found"),
    413: ("The payload can not exceed 128KB", "PayloadTooLarge"),
    415: ("Content type is not supported", "Unsupported media type"),
    429: ("Rate limits for customers exceeded. Please Try After Some Time", "Rate Limits Exceeded"),
}
_SEGMENT: Final = re.compile(r"/v1/integrations/segment(?:/auth)?/?")
_SEGMENT_SAYS: Final = (
    "This is Segment's private way into MoEngage: no page of MoEngage describes it, so a twin cannot judge "
    "it. The Data API takes the same as POST /v1/customer/{workspace}, /v1/event/{workspace} and "
    "/v1/transition/{workspace}."
)
_ACCEPTED: Final = "Your request has been accepted and will be processed soon."


class MoEngageTwin:
    """The Data API of one workspace: `workspace` and `data_key` are what it accepts."""

    name = "moengage"

    def __init__(self, *, workspace: str, data_key: str) -> None:
        self._credentials = Credentials(workspace, data_key)
        self._numbers = 0
        self.profiles = ProfileBook()
        self.limits = Limits(
            [
                Limit(bucket="users", amount=10_000),
                Limit(bucket="events", amount=30_000),
                Limit(bucket="devices", amount=10_000),
                Limit(bucket="bulk-users", amount=60_000),
                Limit(bucket="bulk-events", amount=60_000),
                Limit(bucket="export", amount=1_000),
                Limit(bucket="merge", amount=1_000),
                Limit(bucket="delete", amount=5_000),
                Limit(bucket="fair-use", amount=5_000),
            ]
        )

    def failure(self, status: int) -> Answer:
        """Return the error envelope for a status."""
        default = (
            "An unexpected error was encountered while processing this request. Please contact MoEngage Team",
            "ServerError",
        )
        message, kind = _FAILURES.get(status, default)
        return self._refusal(Problem(status, message, kind))

    def handle(self, call: Call, now_ms: int) -> Verdict:
        """Judge a request and apply it."""
        match = _PATH.fullmatch(call.path)
        if _SEGMENT.fullmatch(call.path):
            problem = Problem(404, _SEGMENT_SAYS, "Not Found")
            return Verdict(answer=self._refusal(problem), endpoint="integrations/segment")
        if match is None:
            return Verdict(answer=self.failure(404))
        endpoint = match["people"] or match["kind"]
        if call.method != "POST":
            problem = Problem(405, "Method not allowed", "Method Not Allowed")
            return Verdict(answer=self._refusal(problem), endpoint=endpoint)
        workspace = match["workspace"] or call.query.get("app_id")
        problem = (
            self._credentials.problem(call, workspace, endpoint)
            or _project_problem(call)
            or _media_type_problem(call)
            or _size_problem(call, endpoint)
        )
        if problem is not None:
            return Verdict(answer=self._refusal(problem), endpoint=endpoint)
        body = read_json(call.body)
        if not isinstance(body, dict):
            return Verdict(answer=self._refusal(_not_an_object(body)), endpoint=endpoint)
        if match["people"]:
            return self._people(endpoint, body, now_ms)
        return self._tracked(endpoint, body, call.query.get("project_code"), now_ms)

    def _tracked(self, kind: str, body: JsonObject, project: str | None, now_ms: int) -> Verdict:
        problem = rules.body_problem(kind, body, now_ms)
        if problem is not None:
            return Verdict(answer=self._refusal(problem), endpoint=kind)
        bulk = kind == "transition"
        elements = [e for e in _list(body["elements"]) if isinstance(e, dict)] if bulk else [body]
        costs = {"users": 0, "events": 0, "devices": 0}
        for element in elements:
            costs[_BUCKETS[str(element["type"])]] += _weight(element)
        if bulk:
            costs["users"] += costs.pop("devices")
        prefix = "bulk-" if bulk else ""
        draws = [Draw(f"{prefix}{bucket}", "", cost) for bucket, cost in costs.items() if cost]
        allowance = self.limits.take(draws, now_ms)
        if not allowance.allowed:
            return Verdict(answer=_limited(self.failure(429), allowance), endpoint=kind)
        losses: list[str] = []
        for element in elements:
            losses += self._apply(element, project, now_ms)
        answer = Answer(status=200, body={"status": "success", "message": _ACCEPTED})
        return Verdict(
            answer=_limited(answer, allowance),
            endpoint=kind,
            items=sum(costs.values()),
            losses=tuple(losses),
        )

    def _apply(self, element: JsonObject, project: str | None, now_ms: int) -> list[str]:
        customer_id = str(element["customer_id"])
        draw = Draw("fair-use", customer_id, _weight(element))
        if not self.limits.take([draw], now_ms).allowed:
            return [
                f"user '{customer_id}' is over the fair use of 5,000 a minute; dropped silently"
            ]
        return people.apply(self.profiles, element, project)

    def _people(self, endpoint: str, body: JsonObject, now_ms: int) -> Verdict:
        if endpoint == "integrations/authentication":
            outcome = people.test_connection(body)
            bucket, cost = "", 0
        else:
            bucket = endpoint.rpartition("/")[2]
            outcome, cost = people.ACTIONS[bucket](self.profiles, body)
        if isinstance(outcome, Problem):
            return Verdict(answer=self._refusal(outcome), endpoint=endpoint)
        allowance = self.limits.take([Draw(bucket, "", cost)], now_ms)
        if not allowance.allowed:
            return Verdict(
                answer=_limited(self._people_limit(bucket), allowance), endpoint=endpoint
            )
        answer = Answer(status=200, body=outcome())
        return Verdict(answer=_limited(answer, allowance), endpoint=endpoint, items=cost)

    def _people_limit(self, bucket: str) -> Answer:
        if bucket != "delete":
            return self._refusal(Problem(429, "Rate limit exceeded", "RateLimitError"))
        description = "Exceeded rate limit for this url"
        body: JsonObject = {
            "status": "fail",
            "title": "Rate limit exceeded",
            "description": description,
        }
        return Answer(status=429, body=body)

    def _refusal(self, problem: Problem) -> Answer:
        self._numbers += 1
        error: JsonObject = {"message": problem.message, "type": problem.kind}
        if problem.attribute is not None:
            error["attribute"] = problem.attribute
        error["request_id"] = f"Twin{self._numbers:04d}"
        return Answer(status=problem.status, body={"status": "fail", "error": error})


def _project_problem(call: Call) -> Problem | None:
    if call.query.get("project_code", "any"):
        return None
    return Problem(400, "project_code is empty in query params.", "InvalidParams", "project_code")


def _media_type_problem(call: Call) -> Problem | None:
    media_type = call.headers.get("content-type")
    if not media_type:
        return Problem(400, "The Content-Type Header is required.", "Missing header value")
    if media_type.partition(";")[0].strip().lower() != "application/json":
        return Problem(415, "Content type is not supported", "Unsupported media type")
    return None


def _size_problem(call: Call, endpoint: str) -> Problem | None:
    if endpoint == "transition" and len(call.body) > LARGEST_BULK:
        return Problem(413, "Payload size exceeds 100 KB", "PayloadTooLarge")
    if len(call.body) > LARGEST_BODY:
        return Problem(413, "Payload size exceeds 128 KB", "PayloadTooLarge")
    return None


def _not_an_object(body: object) -> Problem:
    if isinstance(body, list | str | int | float) or body is None:
        return Problem(400, "A valid JSON document is required.", "Body type is not JSON")
    message = "Could not decode the request body. The JSON was incorrect or not encoded as UTF-8."
    return Problem(400, message, "Malformed JSON")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _weight(element: JsonObject) -> int:
    """Return how many data points an element is: an event's actions, else 1."""
    return len(_list(element["actions"])) if element["type"] == "event" else 1


def _limited(answer: Answer, allowance: Allowance) -> Answer:
    """Return the answer with the rate limit's headers."""
    if allowance.limit is None:
        return answer
    headers = {
        "x-ratelimit-limit": str(allowance.limit),
        "x-ratelimit-remaining": str(allowance.remaining),
        "x-ratelimit-reset": str(allowance.reset_s),
    }
    return Answer(status=answer.status, body=answer.body, headers=headers)
