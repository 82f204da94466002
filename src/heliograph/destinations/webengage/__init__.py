"""WebEngage: events and user attributes through its REST API. Limits and failures: README.md beside."""

from typing import Final

from heliograph.destinations.base import Destination
from heliograph.destinations.webengage.blueprints import BLUEPRINTS
from heliograph.destinations.webengage.classify import classify
from heliograph.destinations.webengage.limits import capabilities
from heliograph.destinations.webengage.plan import plan, probe
from heliograph.destinations.webengage.settings import WebEngageSettings

DESTINATION: Final = Destination[WebEngageSettings](
    name="webengage",
    title="WebEngage",
    settings=WebEngageSettings,
    capabilities=capabilities,
    plan=plan,
    classify=classify,
    probe=probe,
    blueprints=BLUEPRINTS,
)
