"""A key of heads for all tests of a process: to make one takes longer than most tests."""

from typing import Final

from integrations.head_keys import HeadKey, make_head_key

PEM: Final = make_head_key()
KEY: Final = HeadKey.read(PEM)
