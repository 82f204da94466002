"""The worker's own page of metrics."""

import aiohttp
import pytest

import heliograph.delivery.metrics  # noqa: F401 - what the page is to show
from heliograph.app.upkeep.worker_page import open_page
from heliograph.errors import ConfigError


async def test_the_page_shows_what_the_process_counts():
    async with open_page("127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            assert response.content_type == "text/plain"
            assert "# TYPE heliograph_attempts_total counter" in await response.text()
        async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "alive"})


async def test_a_port_that_is_taken_is_said_by_its_setting():
    async with open_page("127.0.0.1", 0) as port:
        with pytest.raises(ConfigError) as caught:
            async with open_page("127.0.0.1", port):
                pass
    assert caught.value.code == "settings.invalid"
    assert "worker.metrics_port" in str(caught.value)
