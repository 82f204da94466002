"""The table of what vendors ask when an address is registered, and of what they are answered.

Sources are the vendors' pages as of mid-2026. A new vendor is a row here and, if nobody asks like it, a
function in `echoes.py` or `proofs.py`.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec

from heliograph.gateway.registration import echoes, proofs
from heliograph.gateway.registration.question import Question, Reply
from heliograph.gateway.signatures import Failed
from heliograph.gateway.signatures.schemes import Challenge

Answerer: TypeAlias = Callable[[Question], Reply | Failed | None]


class Rule(msgspec.Struct, frozen=True):
    """One question."""

    challenge: str
    """The value of a source's `challenge`."""
    vendors: str
    method: Literal["GET", "POST", "OPTIONS"]
    signed: bool
    """Whether it is answered only when the request's signature is right; else before that is looked at."""
    asks: str
    """In words, for the table of the docs."""
    answer: str
    source: str
    respond: Answerer
    """What is answered; `Failed`, asked with the wrong token; None, it is no question."""


_ALL: Final = (
    Rule("get", "Mailchimp", "GET", False, "any `GET`", "200 without a body",
         "mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks", echoes.listens),
    Rule("echo", "Dropbox, Nylas", "GET", False, "`?challenge=…`", "the challenge as text",
         "dropbox.com/developers/reference/webhooks; developer.nylas.com/docs/v3/notifications",
         echoes.challenge_parameter),
    Rule("echo-json", "Adobe I/O Events", "GET", False, "`?challenge=…`", '`{"challenge": …}`',
         "developer.adobe.com/events/docs/guides", echoes.challenge_parameter_as_json),
    Rule("hub", "Meta, Facebook, Instagram, WhatsApp", "GET", False,
         "`hub.mode=subscribe`, `hub.challenge` and `hub.verify_token`",
         "the challenge, when the token is the source's `verify_token`",
         "developers.facebook.com/docs/graph-api/webhooks/getting-started", echoes.hub),
    Rule("strava", "Strava", "GET", False,
         "`hub.mode=subscribe`, `hub.challenge` and `hub.verify_token`",
         '`{"hub.challenge": …}`, when the token is the source\'s `verify_token`',
         "developers.strava.com/docs/webhooks", echoes.hub_as_json),
    Rule("oura", "Oura", "GET", False, "`?verification_token=…&challenge=…`",
         '`{"challenge": …}`, when the token is the source\'s `verify_token`',
         "cloud.ouraring.com/v2/docs, Webhook subscription routes", echoes.oura),
    Rule("fitbit", "Fitbit", "GET", False, "`?verify=…`, once with a wrong code",
         "204, and 404 when the code is not the source's `verify_token`",
         "dev.fitbit.com/build/reference/web-api/developer-guide/using-subscriptions", echoes.fitbit),
    Rule("twitter", "X (Twitter)", "GET", False, "`?crc_token=…`",
         '`{"response_token": "sha256=…"}`: its HMAC-SHA256 with the secret, Base64',
         "docs.x.com/x-api/webhooks/quickstart", proofs.twitter),
    Rule("linkedin", "LinkedIn", "GET", False, "`?challengeCode=…`",
         '`{"challengeCode": …, "challengeResponse": …}`: its HMAC-SHA256 with the secret, hex',
         "learn.microsoft.com/linkedin/shared/api-guide/webhook-validation", proofs.linkedin),
    Rule("ebay", "eBay", "GET", False, "`?challenge_code=…`",
         '`{"challengeResponse": …}`: SHA-256 of code, `verify_token` and address, hex',
         "developer.ebay.com/marketplace-account-deletion", proofs.ebay),
    Rule("okta", "Okta", "GET", False, "the header `X-Okta-Verification-Challenge`",
         '`{"verification": …}`', "developer.okta.com/docs/concepts/event-hooks", echoes.okta),
    Rule("cloudevents", "CloudEvents (Azure Event Grid, SAP, Knative)", "OPTIONS", False,
         "the header `WebHook-Request-Origin`",
         "`WebHook-Allowed-Origin`, and `WebHook-Allowed-Rate: *` when a rate was asked for",
         "github.com/cloudevents/spec, http-webhook.md, 4", echoes.cloudevents),
    Rule("event-grid", "Azure Event Grid", "OPTIONS", False,
         "the header `WebHook-Request-Origin`, with the CloudEvents schema", "as for `cloudevents`",
         "learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema",
         echoes.cloudevents),
    Rule("event-grid", "Azure Event Grid", "POST", True,
         "an event `Microsoft.EventGrid.SubscriptionValidationEvent`",
         '`{"validationResponse": …}`: its `validationCode`',
         "learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema",
         echoes.event_grid),
    Rule("microsoft-graph", "Microsoft Graph, SharePoint", "POST", False, "`?validationToken=…`",
         "the token as text", "learn.microsoft.com/graph/change-notifications-delivery-webhooks",
         echoes.microsoft_graph),
    Rule("hook-secret", "Asana, Clio", "POST", False, "the header `X-Hook-Secret`, without a signature",
         "the same header", "developers.asana.com/docs/webhooks-guide", echoes.hook_secret),
    Rule("monday", "monday.com", "POST", False, '`{"challenge": …}` and nothing else',
         "the same", "developer.monday.com/api-reference/reference/webhooks", echoes.monday),
    Rule("slack", "Slack", "POST", True, '`{"type": "url_verification", "challenge": …}`',
         'its challenge, as `{"challenge": …}`',
         "docs.slack.dev/reference/events/url_verification", echoes.url_verification),
    Rule("zoom", "Zoom", "POST", False, "an event `endpoint.url_validation`",
         '`{"plainToken": …, "encryptedToken": …}`: its HMAC-SHA256 with the secret, hex',
         "developers.zoom.us/docs/api/webhooks, Validate your webhook endpoint", proofs.zoom),
    Rule("smartcar", "Smartcar", "POST", False, "an event `VERIFY`",
         '`{"challenge": …}`: its HMAC-SHA256 with the secret, hex',
         "smartcar.com/docs/integrations/webhooks/callback-verification", proofs.smartcar),
    Rule("front", "Front", "POST", False, "the header `X-Front-Challenge`", "the challenge as text",
         "dev.frontapp.com/docs/application-webhooks", echoes.front),
    Rule("ringcentral", "RingCentral", "POST", False, "the header `Validation-Token`",
         "the same header", "developers.ringcentral.com/guide/notifications/webhooks",
         echoes.ringcentral),
    Rule("twitch", "Twitch", "POST", True, "a message `webhook_callback_verification`",
         "its challenge as text", "dev.twitch.tv/docs/eventsub/handling-webhook-events",
         echoes.twitch),
    Rule("discord", "Discord", "POST", True, "a `PING`: `type` 0 of webhook events, 1 of interactions",
         '204, or `{"type": 1}`', "docs.discord.com/developers/events/webhook-events",
         echoes.discord),
    Rule("tebex", "Tebex", "POST", True, "an event `validation.webhook`", '`{"id": …}`',
         "docs.tebex.io/developers/webhooks/overview", echoes.tebex),
    Rule("notion", "Notion", "POST", False, '`{"verification_token": …}` and nothing else',
         "200; a source without a secret names the token in the log, for you to paste at Notion",
         "developers.notion.com/reference/webhooks", echoes.notion),
    Rule("sns", "Amazon SNS", "POST", True, "a `SubscriptionConfirmation` of the topic in `account`",
         "200; the log names the link that confirms it, the hub opens none",
         "docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html", echoes.sns),
    Rule("google-sync", "Google Drive, Calendar", "POST", True, "`X-Goog-Resource-State: sync`", "200",
         "developers.google.com/workspace/drive/api/guides/push", echoes.google_sync),
    Rule("woocommerce", "WooCommerce", "POST", False, "an unsigned `webhook_id=1`", "200",
         "`WC_Webhook::deliver_ping`", echoes.woocommerce),
    Rule("mandrill", "Mandrill", "POST", False, "`mandrill_events=[]`", "200",
         "mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks",
         echoes.mandrill),
)  # fmt: skip

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    name: tuple(rule for rule in _ALL if rule.challenge == name)
    for name in ("none", *dict.fromkeys(rule.challenge for rule in _ALL))
}
"""By the value of a source's `challenge`; `none` has no rule."""


def rules_of(challenge: Challenge) -> tuple[Rule, ...]:
    """Return the rules of a source with this `challenge`."""
    return RULES[challenge]
