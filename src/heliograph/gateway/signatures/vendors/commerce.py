"""Shops, payments, billing, accounts and parcels."""

from typing import Final

from heliograph.gateway.signatures.schemes import HmacScheme, PublicKeyScheme, Scheme, TokenScheme

_ADYEN: Final = "$.notificationItems[0].NotificationRequestItem"
_PAYMOB: Final = (
    *("amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id"),
    *("integration_id", "is_3d_secure", "is_auth", "is_capture", "is_refunded"),
    *("is_standalone_payment", "is_voided", "order.id", "owner", "pending", "source_data.pan"),
    *("source_data.sub_type", "source_data.type", "success"),
)

COMMERCE: Final[dict[str, Scheme]] = {
    "stripe": HmacScheme(
        header="Stripe-Signature",
        layout="pairs",
        signed="{timestamp}.{body}",
        message_id=("{$.id}",),
        source="docs.stripe.com/webhooks, Verify webhook signatures manually",
    ),
    "shopify": HmacScheme(
        header="X-Shopify-Hmac-SHA256",
        encoding="base64",
        # One event may come under several topics, each of which is news.
        message_id=(
            "{$headers.x-shopify-event-id} {$headers.x-shopify-topic}",
            "{$headers.x-shopify-webhook-id}",
            "{$headers.x-shopify-event-id}",
        ),
        source="shopify.dev/docs/apps/build/webhooks, subscribe/https and ignore-duplicates",
    ),
    "woocommerce": HmacScheme(
        header="X-WC-Webhook-Signature",
        encoding="base64",
        challenge="woocommerce",
        source="woocommerce.github.io/woocommerce-rest-api-docs, Webhooks",
    ),
    "bigcommerce": HmacScheme(
        header="webhook-signature",
        encoding="base64",
        signed="{id}.{timestamp}.{body}",
        layout="list",
        timestamp_header="webhook-timestamp",
        id_header="webhook-id",
        source="docs.bigcommerce.com, webhooks over HTTPS (key: client secret as text)",
    ),
    "shopline": HmacScheme(
        header="X-Shopline-Hmac-Sha256",
        message_id=("{$headers.x-shopline-webhook-id}",),
        source="developer.shopline.com, Webhooks overview",
    ),
    "nuvemshop": HmacScheme(
        header="X-Linkedstore-Hmac-Sha256",
        source="tiendanube.github.io/api-documentation/resources/webhook (key: client secret)",
    ),
    "commercelayer": HmacScheme(
        header="X-CommerceLayer-Signature",
        encoding="base64",
        source="docs.commercelayer.io/core/callbacks-security",
    ),
    "square": HmacScheme(
        header="X-Square-HmacSha256-Signature",
        encoding="base64",
        signed="{url}{body}",
        message_id=("{$.event_id}",),
        source="developer.squareup.com/docs/webhooks/step3validate",
    ),
    "tiktok-shop": HmacScheme(
        header="Authorization",
        signed="{account}{body}",
        account_name="the app key",
        message_id=("{$.tts_notification_id}",),
        answer="",
        source="partner.tiktokshop.com, Webhooks configuration guide (account: app key)",
    ),
    "walmart": HmacScheme(
        header="WM_SEC.SIGNATURE",
        encoding="base64",
        signed="{method}\n{path}\n{timestamp}\n{body_sha256}",
        timestamp_header="WM_SEC.TIMESTAMP",
        source="developer.walmart.com/us-marketplace/docs/security-and-authenticity",
    ),
    "uber": HmacScheme(
        header="X-Uber-Signature",
        message_id=("{$.event_id}",),
        answer="",
        source="developer.uber.com/docs/eats/guides/webhooks (key: client secret)",
    ),
    "paddle": HmacScheme(
        header="Paddle-Signature",
        layout="pairs",
        separator=";",
        timestamp_key="ts",
        signature_key="h1",
        signed="{timestamp}:{body}",
        message_id=("{$.event_id}",),
        source="developer.paddle.com/webhooks/signature-verification",
    ),
    "lemonsqueezy": HmacScheme(
        header="X-Signature",
        source="docs.lemonsqueezy.com/help/webhooks/signing-requests",
    ),
    "fastspring": HmacScheme(
        header="X-FS-Signature",
        encoding="base64",
        source="developer.fastspring.com/reference/message-security",
    ),
    "polar": HmacScheme(
        header="webhook-signature",
        encoding="base64",
        signed="{id}.{timestamp}.{body}",
        layout="list",
        timestamp_header="webhook-timestamp",
        id_header="webhook-id",
        source="polar.sh/docs/integrate/webhooks/delivery (key: the secret as text)",
    ),
    "recharge": HmacScheme(
        header="X-Recharge-Webhook-Signature",
        layout="pairs",
        signed="{timestamp}.{body}",
        tolerance_s=172_800,
        source="developer.rechargepayments.com/2021-11, webhooks (key: client secret)",
    ),
    "recharge-legacy": HmacScheme(
        header="X-Recharge-Hmac-Sha256",
        function="hash",
        signed="{secret}{body}",
        source="docs.getrecharge.com/docs/webhooks-overview, Validating webhooks",
    ),
    "recurly": HmacScheme(
        header="Recurly-Signature",
        layout="time-first",
        signed="{timestamp}.{body}",
        timestamp_unit="ms",
        source="docs.recurly.com, Webhooks, signature verification",
    ),
    "orb": HmacScheme(
        header="X-Orb-Signature",
        prefix="v1=",
        signed="v1:{timestamp}:{body}",
        timestamp_header="X-Orb-Timestamp",
        timestamp_unit="iso",
        message_id=("{$.id}",),
        source="docs.withorb.com/integrations-and-exports/webhooks",
    ),
    "revenuecat": TokenScheme(
        message_id=("{$.event.id}",),
        source="www.revenuecat.com/docs/integrations/webhooks (secret: the whole Authorization value)",
    ),
    "adyen": HmacScheme(
        signature_at=f"{_ADYEN}.additionalData.hmacSignature",
        encoding="base64",
        signed=":".join(
            f"{{{_ADYEN}.{name}}}"
            for name in (
                *("pspReference", "originalReference", "merchantAccountCode"),
                *("merchantReference", "amount.value", "amount.currency", "eventCode", "success"),
            )
        ),
        key_encoding="hex",
        only_one="$.notificationItems[*]",
        message_id=(f"{{{_ADYEN}.pspReference}} {{{_ADYEN}.eventCode}} {{{_ADYEN}.success}}",),
        answer="[accepted]",
        source="docs.adyen.com/development-resources/webhooks/verify-hmac-signatures (one item; some values)",
    ),
    "paypal": PublicKeyScheme(
        header="PayPal-Transmission-Sig",
        algorithm="rsa-sha256",
        encoding="base64",
        signed="{$headers.paypal-transmission-id}|{$headers.paypal-transmission-time}|{account}|{body_crc32}",
        account_name="the id of the webhook",
        timestamp_header="PayPal-Transmission-Time",
        timestamp_unit="iso",
        # What is not answered is sent again for three days; whether with a new time is not written.
        tolerance_s=270_000,
        message_id=("{$.id}",),
        source="developer.paypal.com/api/rest/webhooks/rest (account: webhook id; secret: certificate; "
        "signs a CRC-32, not the body)",
    ),
    "razorpay": HmacScheme(
        header="X-Razorpay-Signature",
        message_id=("{$headers.x-razorpay-event-id}",),
        source="razorpay.com/docs/webhooks/validate-test",
    ),
    "paystack": HmacScheme(
        header="X-Paystack-Signature",
        algorithm="sha512",
        source="paystack.com/docs/payments/webhooks (key: secret key)",
    ),
    "paymob": HmacScheme(
        signature_at="$query.hmac",
        algorithm="sha512",
        signed="".join(f"{{$.obj.{name}}}" for name in _PAYMOB),
        source="developers.paymob.com, HMAC of the transaction callback",
    ),
    "gocardless": HmacScheme(
        header="Webhook-Signature",
        source="developer.gocardless.com, Staying up to date with webhooks",
    ),
    "coinbase-commerce": HmacScheme(
        header="X-CC-Webhook-Signature",
        message_id=("{$.event.id}",),
        source="docs.cdp.coinbase.com/commerce-onchain/docs/webhooks-security",
    ),
    "airwallex": HmacScheme(
        header="x-signature",
        signed="{timestamp}{body}",
        timestamp_header="x-timestamp",
        timestamp_unit="ms",
        message_id=("{$.id}",),
        source="www.airwallex.com/docs, Listen for webhook events",
    ),
    "revolut": HmacScheme(
        header="Revolut-Signature",
        layout="pairs",
        signed="v1.{timestamp}.{body}",
        timestamp_header="Revolut-Request-Timestamp",
        timestamp_unit="ms",
        source="developer.revolut.com, Verify the payload signature",
    ),
    "solidgate": HmacScheme(
        header="signature",
        algorithm="sha512",
        encoding="hex-in-base64",
        signed="{account}{body}{account}",
        account_name="the public key of the webhooks, wh_pk_…",
        message_id=("{$headers.solidgate-event-id}",),
        source="docs.solidgate.com/payments/integrate/webhooks (account: webhook public key)",
    ),
    "nmi": HmacScheme(
        header="Webhook-Signature",
        layout="pairs",
        signature_key="s",
        signed="{timestamp}.{body}",
        timestamp_unit="none",
        message_id=("{$.event_id}",),
        source="docs.nmi.com, Webhooks (what is signed beside the body is a nonce)",
    ),
    "zerohash": HmacScheme(
        header="x-zh-hook-signature",
        signed="{body}{timestamp}",
        timestamp_header="x-zh-hook-timestamp",
        timestamp_unit="ms",
        message_id=("{$headers.x-zh-hook-notification-id}",),
        source="docs.zerohash.com/reference/webhook-security",
    ),
    "synctera": HmacScheme(
        header="Synctera-Signature",
        separator=".",
        signed="{timestamp}.{body}",
        timestamp_header="Request-Timestamp",
        message_id=("{$.id}",),
        source="docs.synctera.com/docs/webhooks-guide (two signatures while a secret rotates)",
    ),
    "tebex": HmacScheme(
        header="X-Signature",
        signed="{body_sha256}",
        challenge="tebex",
        message_id=("{$.id}",),
        source="docs.tebex.io/developers/webhooks/overview",
    ),
    "xero": HmacScheme(
        header="X-Xero-Signature",
        encoding="base64",
        answer="",
        source="developer.xero.com/documentation/guides/webhooks/configuring-your-server",
    ),
    "quickbooks": HmacScheme(
        header="intuit-signature",
        encoding="base64",
        source="developer.intuit.com, Webhooks (key: verifier token)",
    ),
    "quoter": HmacScheme(
        signature_at="$.hash",
        function="hash",
        algorithm="md5",
        signed="{secret}{timestamp}{$.data}",
        timestamp_at="$.timestamp",
        source="help.quoter.com, Integrate with Webhooks",
    ),
    "easypost": HmacScheme(
        header="X-Hmac-Signature",
        prefix="hmac-sha256-hex=",
        message_id=("{$.id}",),
        source="docs.easypost.com/guides/webhooks-guide",
    ),
    "aftership": HmacScheme(
        header="aftership-hmac-sha256",
        encoding="base64",
        message_id=("{$.event_id}",),
        source="www.aftership.com/docs/tracking/webhook/webhook-signature",
    ),
    "shiphero": HmacScheme(
        header="x-shiphero-hmac-sha256",
        encoding="base64",
        message_id=("{$headers.x-shiphero-message-id}",),
        answer='{"code":"200","Status":"Success"}',
        source="developer.shiphero.com/webhooks",
    ),
}
