"""Whether a call to MoEngage's Data API names the right workspace and key.

Messages: OpenAPI document, examples of 401 and 409 (copy of mid-2026).
"""

import base64
import binascii
import hmac

from heliograph.twins.wire import Call, Problem

_KIND = "Authentication required"


class Credentials:
    """One workspace id and its Data API key."""

    def __init__(self, workspace: str, data_key: str) -> None:
        self._workspace = workspace
        self._data_key = data_key

    def problem(self, call: Call, named: str | None, endpoint: str) -> Problem | None:
        """Return why the call is not authenticated, or None.

        Args:
            call: the request.
            named: the workspace in the path or in `app_id`.
            endpoint: the documented call; `integrations/authentication` names none, but needs MOE-APPKEY.
        """
        header = call.headers.get("authorization")
        if not header:
            return Problem(401, "Authentication Header Required", _KIND)
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            message = (
                "Invalid authorization used. MoEngage only supports 'Basic Auth' authorization."
            )
            return Problem(401, message, _KIND)
        pair = _decode(encoded)
        if pair is None:
            return Problem(401, "Invalid identity information found", _KIND)
        if not pair[0]:
            message = "Username (APP_KEY) is missing in the Basic Auth authorization."
            return Problem(401, message, _KIND)
        return self._pair_problem(pair) or self._place_problem(call, named, endpoint)

    def _pair_problem(self, pair: tuple[str, str]) -> Problem | None:
        workspace, data_key = pair
        if not data_key:
            message = "Password (APP_SECRET) is missing in the Basic Auth authorization."
            return Problem(401, message, _KIND)
        if workspace != self._workspace:
            return Problem(401, "Invalid APP_ID used in Authentication Header", _KIND)
        if not hmac.compare_digest(data_key.encode(), self._data_key.encode()):
            message = "App Secret key mismatch. Please login to the dashboard to verify key"
            return Problem(401, message, _KIND)
        return None

    def _place_problem(self, call: Call, named: str | None, endpoint: str) -> Problem | None:
        if endpoint == "integrations/authentication":
            key = call.headers.get("moe-appkey")
            if not key:
                return Problem(401, "MOE-APPKEY is missing in Header", _KIND)
            if key != self._workspace:
                message = "MOE_APPKEY doesn't match the Username (APP_KEY) used in Basic Auth authorization."
                return Problem(401, message, _KIND)
            return None
        if not named:
            return Problem(400, "app_id is required in path/query params.", "ParamsRequired")
        if named != self._workspace:
            message = "App key mismatch in params and authentication."
            return Problem(409, message, "Authentication required.")
        return None


def _decode(encoded: str) -> tuple[str, str] | None:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
