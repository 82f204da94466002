"""The stages of a hub, in their order."""

from collections.abc import Sequence
from typing import Any

from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.stages.identity import IdentityStage
from heliograph.engine.stages.profile import ProfileStage
from heliograph.engine.stages.route import RouteStage
from heliograph.engine.stages.seen import SeenStage
from heliograph.engine.stages.stage import Stage

AnyStage = Stage[Any, Any]


def standard_stages(routes: RouteBook) -> Sequence[AnyStage]:
    """Return the stages of a hub, in their order."""
    return (IdentityStage(), ProfileStage(), SeenStage(), RouteStage(routes))
