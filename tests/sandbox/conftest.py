"""One sandbox for all tests of this folder; its faults and the product's ear are fresh for each."""

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.world import Product, World, find_port, listening, wait_until


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox without a legal clock, and a product that listens to it."""
    product = Product(find_port())
    world = World(tmp_path_factory.mktemp("sandbox") / "data", product)
    with listening(product):
        world.start()
        yield world
        # uvicorn shuts down in order and then ends by the signal that asked it to.
        assert world.stop() == -signal.SIGTERM
    assert "Traceback" not in world.log()


def is_quiet(waiting: list[dict[str, Any]]) -> bool:
    """Whether nothing is told within the next minute."""
    return all(callback["due_at"] > time.time() + 60 for callback in waiting)


@pytest.fixture
def world(running_world: World) -> World:
    """The same sandbox without faults, when what it had to tell of other tests is told."""
    wait_until(lambda: running_world.get("/callbacks"), is_quiet)
    running_world.client.delete("/faults").raise_for_status()
    running_world.product.answers.clear()
    running_world.product.heard.clear()
    return running_world


@pytest.fixture
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox to kill; the test starts it, and a product if it wants one."""
    product = Product(find_port())
    world = World(tmp_path_factory.mktemp("sandbox") / "data", product)
    yield world
    world.kill()
    world.client.close()
