"""What is to be sent for a delivery, or why nothing can be. Pure; never raises.

An event is never lost and never stalls others because its request could not be made: what goes wrong
here becomes an outcome with a reason, and an unforeseen failure becomes a dead letter too.
"""

from heliograph.delivery.rows.hand import Hand
from heliograph.delivery.target.target import CONFIGURATION, Target
from heliograph.destinations.base import Plan, PlanContext
from heliograph.destinations.preflight import plan_event
from heliograph.errors import ConfigError, DestinationError
from heliograph.model.delivery import Hold, Pause, Reject
from heliograph.storage.events.stored_events import Undecodable, read_stored
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.plan")


def plan_delivery(hand: Hand, target: Target) -> Plan | Hold | Reject | Pause:
    """Return the plan, or the outcome that takes its place.

    Hold: the destination cannot take it before the person is identified. Reject: it never can.
    Pause: the blueprint is missing or broken, which a person has to mend; nothing is lost meanwhile.
    """
    delivery = hand.delivery
    try:
        blueprint = target.blueprint(delivery.blueprint)
        event = hand.event or read_stored(delivery.event, delivery.event_id)
        if isinstance(event, Undecodable):
            return Reject(f"store.corrupt: the event cannot be read: {event.reason}")
        context = PlanContext(delivery_id=delivery.delivery_id, person=hand.person)
        plan = plan_event(target.destination, target.settings, blueprint, event, context)
    except ConfigError as error:
        return Pause(f"{CONFIGURATION}{error}")
    except DestinationError as error:
        return Reject(f"{error.code}: {error}")
    except Exception as error:
        log.exception(
            "plan failed", delivery_id=delivery.delivery_id, destination=delivery.destination
        )
        return Reject(f"the request could not be made: {type(error).__name__}")
    if plan.hold is not None:
        return plan.hold
    allowed = target.capabilities.max_body_bytes
    if allowed is not None:
        largest = max((len(request.body) for request in plan.requests), default=0)
        if largest > allowed:
            return Reject(f"the request has {largest:,} bytes, the destination takes {allowed:,}")
    return plan
