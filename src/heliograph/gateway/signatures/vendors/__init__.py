"""What each vendor does, as data: by trade, each row with its source (pages as of mid-2026)."""

from typing import Final

from heliograph.gateway.signatures.schemes import Scheme
from heliograph.gateway.signatures.vendors.commerce import COMMERCE
from heliograph.gateway.signatures.vendors.people import PEOPLE
from heliograph.gateway.signatures.vendors.platforms import PLATFORMS

SCHEMES: Final[dict[str, Scheme]] = {**COMMERCE, **PEOPLE, **PLATFORMS}
"""The vendors' schemes by the name a source writes."""
