"""Webhook: any HTTP endpoint, with a payload of its own shape. Failures and signatures: README.md beside."""

from typing import Final

from heliograph.destinations.base import Destination
from heliograph.destinations.webhook.blueprints import BLUEPRINTS
from heliograph.destinations.webhook.classify import classify
from heliograph.destinations.webhook.plan import capabilities, plan, probe
from heliograph.destinations.webhook.settings import WebhookSettings

DESTINATION: Final = Destination[WebhookSettings](
    name="webhook",
    title="Webhook",
    settings=WebhookSettings,
    capabilities=capabilities,
    plan=plan,
    classify=classify,
    probe=probe,
    blueprints=BLUEPRINTS,
)
