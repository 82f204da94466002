"""What the gateway takes for granted of uvicorn, whose protocol and server it subclasses.

A failure here means: read what changed in uvicorn, mend `gateway/http`, and only then renew what is written
below. The upper bound in pyproject.toml keeps a new minor release away until somebody has.
"""

import ast
import asyncio
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from heliograph.gateway.http.hot_lane import HotCycle, HotLaneProtocol
from heliograph.gateway.http.protocol import BoundedProtocol

OVERRIDDEN = {
    # replaced: what uvicorn does there is done by us, so any change matters
    "data_received": "bytes of source",
    "on_header": "bytes of source",
    "on_message_begin": "bytes of source",
    "on_message_complete": "bytes of source",
    "on_response_complete": "bytes of source",
    # called through super(), or by us
    "connection_made": "called",
    "connection_lost": "called",
    "on_headers_complete": "bytes of source",
    "on_body": "bytes of source",
    "_start_asgi_task": "called",
    "__init__": "called",
}
SOURCES = "a1f679a1068b2dc7"
"""Of the methods marked "bytes of source", comments and spacing aside."""


def tree_of(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def digest() -> str:
    names = sorted(name for name, kind in OVERRIDDEN.items() if kind == "bytes of source")
    text = "\n".join(ast.dump(tree_of(getattr(HttpToolsProtocol, name))) for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_methods_that_are_replaced_do_what_they_did():
    assert digest() == SOURCES, f"uvicorn {uvicorn.__version__} changed one of them"


@pytest.mark.parametrize("name", sorted(OVERRIDDEN))
def test_what_is_overridden_exists_with_the_same_parameters(name: str):
    theirs = inspect.signature(getattr(HttpToolsProtocol, name))
    ours = inspect.signature(getattr(HotLaneProtocol, name))
    assert list(theirs.parameters) == list(ours.parameters)


def test_nothing_of_ours_hides_something_of_theirs_by_accident():
    known = {name for name in vars(HttpToolsProtocol) if not name.startswith("__")} | {"__init__"}
    for own in (BoundedProtocol, HotLaneProtocol):
        hidden = {name for name in vars(own) if name in known and name != "__init__"}
        assert hidden <= set(OVERRIDDEN), hidden - set(OVERRIDDEN)


def attributes_of(owner: str, function: Callable[..., Any]) -> set[str]:
    """Return which attributes of `self.<owner>` a method of uvicorn uses."""
    return {
        node.attr
        for node in ast.walk(tree_of(function))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == owner
    }


def test_a_hot_cycle_has_what_uvicorn_asks_of_a_request():
    """It stands in for a `RequestResponseCycle` in `protocol.cycle`."""
    asked: set[str] = set()
    for name, function in vars(HttpToolsProtocol).items():
        if inspect.isfunction(function) and name != "on_body":  # never called for a hot cycle
            asked |= attributes_of("cycle", function)
    assert "disconnected" in asked
    assert "message_event" in asked
    assert {name for name in asked if not hasattr(HotCycle, name)} == set()


async def test_a_connection_has_the_state_that_is_looked_at():
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    config = Config(app, http=HttpToolsProtocol, ws="none", lifespan="off", log_config=None)
    protocol = HttpToolsProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    state = vars(protocol)
    wanted = {
        *("app", "client", "connections", "cycle", "expect_100_continue", "flow", "headers"),
        *("loop", "parser", "pipeline", "server_state", "transport"),
    }
    assert wanted <= set(state)
    assert set(vars(ServerState())) >= {
        *("total_requests", "connections", "tasks", "default_headers"),
    }
    cycle = inspect.signature(RequestResponseCycle.__init__).parameters
    assert {"keep_alive", "message_event", "on_response", "expect_100_continue"} <= set(cycle)


def test_the_server_can_be_started_and_stopped_our_way():
    parameters = inspect.signature(Config.__init__).parameters
    assert {
        *("http", "ws", "lifespan", "interface", "log_config", "access_log", "proxy_headers"),
        *("server_header", "backlog", "timeout_keep_alive", "timeout_graceful_shutdown"),
    } <= set(parameters)
    for name, names in {
        "startup": ["self", "sockets"],
        "on_tick": ["self", "counter"],
        "serve": ["self", "sockets"],
        "capture_signals": ["self"],
    }.items():
        assert list(inspect.signature(getattr(uvicorn.Server, name)).parameters) == names
    assert "should_exit" in vars(uvicorn.Server(Config(lambda: None, log_config=None)))
