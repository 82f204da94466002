"""Answers that give back what was asked, or only say that somebody listens."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from heliograph.gateway.registration.question import Question, Reply, as_json, plain, wrong_token
from heliograph.gateway.signatures import Failed, SignedScheme
from heliograph.model.json import Json

_PING: Final = re.compile(rb"\s*webhook_id=[0-9]{1,20}\s*")
_SAFE_TEXT: Final = re.compile(r"[ -~]{1,2048}")
_ORIGIN: Final = re.compile(r"[A-Za-z0-9.:*_-]{1,255}")
_HEADER_TOKEN: Final = re.compile(r"[!-~]{1,512}")
_NOTION_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SNS_HOST: Final = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_DISCORD_PING_OF_EVENTS: Final = 0
_DISCORD_PING_OF_INTERACTIONS: Final = 1


def listens(question: Question) -> Reply:
    """Say that the address exists."""
    return Reply()


def challenge_parameter(question: Question) -> Reply | None:
    """Give `?challenge=` back as text (Dropbox, Nylas)."""
    text = plain(question.query.get("challenge"))
    if text is None:
        return None
    return Reply(body=text.encode(), headers=(("x-content-type-options", "nosniff"),))


def challenge_parameter_as_json(question: Question) -> Reply | None:
    """Give `?challenge=` back as JSON (Adobe)."""
    text = plain(question.query.get("challenge"))
    return None if text is None else as_json({"challenge": text})


def oura(question: Question) -> Reply | Failed | None:
    """Give `?challenge=` back as JSON, for the right `verification_token`."""
    text = plain(question.query.get("challenge"))
    if text is None:
        return None
    sent = question.query.get("verification_token", "")
    return wrong_token(question, sent, "verification_token") or as_json({"challenge": text})


def _hub(question: Question) -> str | Failed | None:
    text = plain(question.query.get("hub.challenge"))
    if question.query.get("hub.mode") != "subscribe" or text is None:
        return None
    sent = question.query.get("hub.verify_token", "")
    return wrong_token(question, sent, "hub.verify_token") or text


def hub(question: Question) -> Reply | Failed | None:
    """Give `hub.challenge` back as text (Meta)."""
    found = _hub(question)
    return Reply(body=found.encode()) if isinstance(found, str) else found


def hub_as_json(question: Question) -> Reply | Failed | None:
    """Give `hub.challenge` back as JSON (Strava)."""
    found = _hub(question)
    return as_json({"hub.challenge": found}) if isinstance(found, str) else found


def fitbit(question: Question) -> Reply | Failed | None:
    """Tell a right code (204) from a wrong one (404), as Fitbit tries both."""
    if "verify" not in question.query:
        return None
    failed = wrong_token(question, question.query["verify"], "verify")
    if failed is not None and failed.part == "secret":
        return failed
    return Reply(status=204 if failed is None else 404)


def cloudevents(question: Question) -> Reply | None:
    """Allow an origin to send, at any rate (CloudEvents, abuse protection)."""
    origin = question.headers.get("webhook-request-origin", "")
    if not _ORIGIN.fullmatch(origin):
        return None
    allowed = [("webhook-allowed-origin", origin), ("allow", "POST")]
    if "webhook-request-rate" in question.headers:
        allowed.append(("webhook-allowed-rate", "*"))
    return Reply(headers=tuple(allowed))


def event_grid(question: Question) -> Reply | None:
    """Give the code of a validation event back."""
    events: Json = question.json
    if isinstance(events, dict):
        events = [events]
    if not isinstance(events, list) or len(events) != 1 or not isinstance(events[0], dict):
        return None
    data = events[0].get("data")
    if events[0].get("eventType") != "Microsoft.EventGrid.SubscriptionValidationEvent":
        return None
    code = plain(data.get("validationCode")) if isinstance(data, dict) else None
    return None if code is None else as_json({"validationResponse": code})


def microsoft_graph(question: Question) -> Reply | None:
    """Give `?validationToken=` back as text, which SharePoint spells in small letters."""
    text = question.query.get("validationToken", question.query.get("validationtoken", ""))
    if not _SAFE_TEXT.fullmatch(text) or "<" in text:
        return None
    return Reply(body=text.encode(), headers=(("x-content-type-options", "nosniff"),))


def hook_secret(question: Question) -> Reply | None:
    """Give `X-Hook-Secret` back in a header (Asana, Clio)."""
    secret = question.headers.get("x-hook-secret", "")
    signed = isinstance(question.scheme, SignedScheme) and question.scheme.place.lower() in (
        question.headers
    )
    if signed or not _HEADER_TOKEN.fullmatch(secret):
        return None
    return Reply(
        headers=(("x-hook-secret", secret),),
        log="the vendor handed its secret over; its answer to the request that made the webhook names it",
    )


def monday(question: Question) -> Reply | None:
    """Give a body of nothing but a challenge back."""
    asked = question.object
    text = plain(asked.get("challenge"))
    return (
        as_json({"challenge": text}) if text is not None and set(asked) == {"challenge"} else None
    )


def url_verification(question: Question) -> Reply | None:
    """Give the challenge of a `url_verification` back (Slack)."""
    asked = question.object
    text = asked.get("challenge")
    is_question = asked.get("type") == "url_verification" and isinstance(text, str)
    return as_json({"challenge": text}) if is_question else None


def okta(question: Question) -> Reply | None:
    """Give the header of the one-time verification back as JSON."""
    text = plain(question.headers.get("x-okta-verification-challenge"))
    return None if text is None else as_json({"verification": text})


def front(question: Question) -> Reply | None:
    """Give the header `X-Front-Challenge` back as text."""
    text = plain(question.headers.get("x-front-challenge"))
    return None if text is None else Reply(body=text.encode())


def ringcentral(question: Question) -> Reply | None:
    """Give the header `Validation-Token` back in a header."""
    token = question.headers.get("validation-token", "")
    if not _HEADER_TOKEN.fullmatch(token):
        return None
    return Reply(headers=(("validation-token", token),))


def twitch(question: Question) -> Reply | None:
    """Give the challenge of a verified `webhook_callback_verification` back as text."""
    kind = question.headers.get("twitch-eventsub-message-type")
    text = plain(question.object.get("challenge"))
    if kind != "webhook_callback_verification" or text is None:
        return None
    return Reply(body=text.encode())


def discord(question: Question) -> Reply | None:
    """Answer a verified ping, of webhook events without a body and of interactions with one."""
    kind = question.object.get("type")
    if kind is True or kind is False:
        return None
    if kind == _DISCORD_PING_OF_EVENTS:
        return Reply(status=204)
    if kind == _DISCORD_PING_OF_INTERACTIONS and "event" not in question.object:
        return as_json({"type": _DISCORD_PING_OF_INTERACTIONS})
    return None


def tebex(question: Question) -> Reply | None:
    """Give the id of a verified `validation.webhook` back."""
    asked = question.object
    if asked.get("type") != "validation.webhook":
        return None
    text = plain(asked.get("id"))
    return None if text is None else as_json({"id": text})


def woocommerce(question: Question) -> Reply | None:
    """Answer the unsigned ping."""
    scheme = question.scheme
    signed = isinstance(scheme, SignedScheme) and scheme.place.lower() in question.headers
    return Reply(body=b"pong") if not signed and _PING.fullmatch(question.body) else None


def mandrill(question: Question) -> Reply | None:
    """Answer the test with no event in it, which is signed with a key of its own."""
    if len(question.body) > 200:
        return None
    fields = parse_qsl(question.body.decode(errors="replace"), keep_blank_values=True)
    return Reply() if fields == [("mandrill_events", "[]")] else None


def google_sync(question: Question) -> Reply | None:
    """Answer the message that a verified channel begins with."""
    return Reply() if question.headers.get("x-goog-resource-state") == "sync" else None


def notion(question: Question) -> Reply | None:
    """Take the verification token, which the operator gives back to Notion and keeps as the secret."""
    asked = question.object
    token = asked.get("verification_token")
    if set(asked) != {"verification_token"} or not isinstance(token, str):
        return None
    if not _NOTION_TOKEN.fullmatch(token):
        return None
    if question.secrets:
        return Reply(log="Notion sent a verification token, though the source has a secret already")
    return Reply(
        log=f"Notion's verification token is {token}: paste it there to activate the webhook, and keep it "
        "as the secret of this source"
    )


def sns(question: Question) -> Reply | None:
    """Name the link that confirms a verified subscription; the hub itself opens none."""
    asked = question.object
    if asked.get("Type") not in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return None
    link = asked.get("SubscribeURL")
    try:
        parts = urlsplit(link if isinstance(link, str) else "")
        right = parts.scheme == "https" and _SNS_HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        right = False
    if asked["Type"] == "UnsubscribeConfirmation":
        return Reply(log="Amazon SNS says that the subscription has ended")
    if not right:
        return Reply(log="Amazon SNS asks for a confirmation, but its link leads elsewhere")
    return Reply(log=f"open this link once to confirm the subscription of Amazon SNS: {link}")
