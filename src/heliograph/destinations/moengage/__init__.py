"""MoEngage: users and events through its Data API. Limits and failures: README.md beside."""

from typing import Final

from heliograph.destinations.base import Destination
from heliograph.destinations.moengage.blueprints import BLUEPRINTS
from heliograph.destinations.moengage.classify import classify
from heliograph.destinations.moengage.limits import capabilities
from heliograph.destinations.moengage.plan import plan, probe
from heliograph.destinations.moengage.settings import MoEngageSettings

DESTINATION: Final = Destination[MoEngageSettings](
    name="moengage",
    title="MoEngage",
    settings=MoEngageSettings,
    capabilities=capabilities,
    plan=plan,
    classify=classify,
    probe=probe,
    blueprints=BLUEPRINTS,
)
