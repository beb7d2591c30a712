"""A decoder that has seen one market."""

import pytest

from bot.adapters.wire.decoder import Decoder
from tests.unit.bot.adapters.wire.frames import gamma, line


@pytest.fixture
def decoder() -> Decoder:
    made = Decoder()
    made.line(line(gamma(), "gamma"), 1)
    return made
