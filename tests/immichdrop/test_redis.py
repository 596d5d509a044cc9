"""Redis as the settings have it used: what is quiet, or comes all at once, is not taken for broken."""

import asyncio
import os
import runpy

import pytest
from channels_redis.core import RedisChannelLayer

from tests.serving import ROOT

REDIS = os.environ.get("TEST_REDIS_URL", "")
CROWD = 500  # sockets


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> RedisChannelLayer:
    """A channel layer with the product's own configuration."""
    monkeypatch.setenv("REDIS_URL", REDIS or "redis://127.0.0.1:6379/0")
    read = runpy.run_path(str(ROOT / "immichdrop" / "settings.py"))
    return RedisChannelLayer(**read["CHANNEL_LAYERS"]["default"]["CONFIG"])


def test_waiting_for_redis_is_longer_than_redis_waits_for_a_message(layer: RedisChannelLayer) -> None:
    assert layer.hosts[0]["socket_timeout"] >= 2 * layer.brpop_timeout


@pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL is not set; the whole suite sets it where Redis answers")
def test_hundreds_of_sockets_come_and_go_at_the_same_moment(layer: RedisChannelLayer) -> None:
    async def come_and_go() -> dict[str, object]:
        channels = [await layer.new_channel() for _ in range(CROWD)]
        await asyncio.gather(*(layer.group_add("crowd", channel) for channel in channels))
        await layer.group_send("crowd", {"type": "news"})
        heard: dict[str, object] = await layer.receive(channels[-1])
        await asyncio.gather(*(layer.group_discard("crowd", channel) for channel in channels))
        await layer.close_pools()
        return heard

    assert asyncio.run(come_and_go())["type"] == "news"
