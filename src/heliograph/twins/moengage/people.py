"""What MoEngage does to profiles: tracking, export, merge, delete, connection test.

Each action of `ACTIONS` returns why the body is refused, or a function that does it, and how many users it
touches. Source: OpenAPI document (copy of mid-2026).
"""

from collections.abc import Callable
from typing import Final

from heliograph.model.json import Json, JsonObject
from heliograph.twins.memory.profiles import Profile, ProfileBook
from heliograph.twins.moengage import losses as lost
from heliograph.twins.moengage import rules
from heliograph.twins.wire import Problem

KIND: Final = "customer_id"
EXPORTED_USERS: Final = 20
MERGED_PAIRS: Final = 50
_ACCEPTED: Final = "Your request has been accepted and will be processed soon."

Outcome = Problem | Callable[[], JsonObject]


def apply(book: ProfileBook, element: JsonObject, project: str | None = None) -> list[str]:
    """Take one valid customer, event or device and return a sentence for each loss.

    Args:
        book: the workspace's profiles.
        element: the body, or an element of a bulk.
        project: `project_code` of the call: events are marked with it, custom user attributes are the
            project's own ("Portfolio: data ingestion and management", copy of mid-2026).
    """
    customer_id = str(element["customer_id"])
    known = book.find(customer_id, KIND)
    if element["type"] == "device":
        if known is None:
            return [f"device of unknown user '{customer_id}' is dropped"]
        devices = _object(known.attributes.get("devices"))
        device_id = str(element["device_id"])
        before = _object(devices.get(device_id))
        known.attributes["devices"] = {
            **devices,
            device_id: {**before, **_object(element["attributes"])},
        }
        return []
    if element["type"] == "customer":
        if known is None and element.get("update_existing_only") is True:
            return [f"user '{customer_id}' is unknown and update_existing_only is set; not created"]
        return _track_user(book.touch(customer_id, KIND), element, project)
    return _track_event(book.touch(customer_id, KIND), element, project)


def _track_user(profile: Profile, element: JsonObject, project: str | None) -> list[str]:
    attributes = _object(element.get("attributes"))
    changed = {rules.ADD, rules.REMOVE, "platforms"}
    kept, losses = lost.user_attributes({n: v for n, v in attributes.items() if n not in changed})
    profile.attributes.update({_key(name, project): value for name, value in kept.items()})
    for name, values in _object(attributes.get(rules.ADD)).items():
        present = _list(profile.attributes.get(name))
        profile.attributes[name] = [*present, *(v for v in _list(values) if v not in present)]
    for name, values in _object(attributes.get(rules.REMOVE)).items():
        gone = _list(values)
        profile.attributes[name] = [v for v in _list(profile.attributes.get(name)) if v not in gone]
    # After what is set: "the unset operation takes precedence" (Unset user attributes, mid-2026).
    for name in list(profile.attributes):
        if name != "devices" and rules.unset_by(element.get("unset_attributes"), name):
            del profile.attributes[name]
    return losses


def _key(name: str, project: str | None) -> str:
    """Return the key of a user attribute: a custom one of a project ends with it."""
    if project is None or name in lost.PORTFOLIO_ATTRIBUTES or name in lost.STANDARD_MOE:
        return name
    return f"{name}_{project}"


def _track_event(profile: Profile, element: JsonObject, project: str | None) -> list[str]:
    losses: list[str] = []
    for action in _list(element["actions"]):
        if not isinstance(action, dict):
            continue
        kept, gone = lost.event_attributes(str(action["action"]), _object(action.get("attributes")))
        losses += gone
        if project is not None:
            kept[lost.PROJECT_NAME] = project
        profile.add_event({**action, "attributes": kept})
    return losses


def export(book: ProfileBook, body: JsonObject) -> tuple[Outcome, int]:
    """Return the requested attributes of up to 20 users and who was not found."""
    data = body.get("data")
    if not isinstance(data, dict):
        return _missing("data"), 0
    identifiers = data.get("identifiers")
    if not isinstance(identifiers, list) or not identifiers:
        return _missing("identifiers"), 0
    if len(identifiers) > EXPORTED_USERS:
        return Problem(400, f"max limit allowed is {EXPORTED_USERS}", "LimitBreached", "users"), 0
    wanted = _list(data.get("user_fields_to_export"))

    def answer() -> JsonObject:
        users: list[Json] = []
        missing: list[Json] = []
        for identifier in identifiers:
            user_id = str(_object(identifier).get("identifier", ""))
            profile = book.find(user_id, KIND)
            if profile is None:
                missing.append(identifier)
                continue
            everything: JsonObject = {"customer_id": user_id, "id": user_id, **profile.attributes}
            shown = {n: v for n, v in everything.items() if not wanted or n in wanted}
            users.append({"user_attributes": shown})
        found: JsonObject = {"users_not_found": missing, "users": users}
        return {"status": "success", "type": "export_users", "data": found}

    return answer, len(identifiers)


def merge(book: ProfileBook, body: JsonObject) -> tuple[Outcome, int]:
    """Move users into others; a pair whose users are unknown is skipped."""
    pairs = body.get("merge_data")
    if not isinstance(pairs, list) or not pairs:
        return _missing("merge_data"), 0
    if len(pairs) > MERGED_PAIRS:
        return Problem(
            400, f"max limit allowed is {MERGED_PAIRS}", "LimitBreached", "merge_data"
        ), 0
    named: list[tuple[str, str]] = []
    for pair in pairs:
        users = _object(pair)
        for role in ("merged_user", "retained_user"):
            problem = rules.customer_id_problem(users, role)
            if problem is not None:
                return problem, 0
        named.append((str(users["merged_user"]), str(users["retained_user"])))

    def answer() -> JsonObject:
        for merged, retained in named:
            kept = book.find(retained, KIND)
            if kept is None or merged == retained:
                continue
            gone = book.remove(merged, KIND)
            if gone is None:
                continue
            kept.attributes = {**gone.attributes, **kept.attributes}
            for event in gone.events:
                kept.add_event(event)
            kept.merged_from.append(merged)
        return {"status": "success", "operation": "created"}

    return answer, len(named)


def delete(book: ProfileBook, body: JsonObject) -> tuple[Outcome, int]:
    """Forget one user."""
    if body.get("identity_type") not in ("customer_id", "moengage_id", "id"):
        return _missing("identity_type"), 0
    user_id = body.get("identity_value")
    if not isinstance(user_id, str) or not user_id:
        return _missing("identity_value"), 0
    if book.find(user_id, KIND) is None:
        return Problem(400, f"User doesn't exists with customer id {user_id}", "Not Found"), 0

    def answer() -> JsonObject:
        book.remove(user_id, KIND)
        return {"status": "success", "message": _ACCEPTED}

    return answer, 1


def test_connection(body: JsonObject) -> Outcome:
    """Answer the connection test, whose credentials were checked before."""
    for field in ("app_id", "app_secret", "source", "region"):
        if not isinstance(body.get(field), str):
            return _missing(field)
    return lambda: {"status": "success", "app_name": "Twin"}


ACTIONS: Final = {"export": export, "merge": merge, "delete": delete}


def _missing(attribute: str) -> Problem:
    return Problem(
        400, f"{attribute} is not found in the payload", "MissingAttributeError", attribute
    )


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
