"""How a process begins."""

import gc

from starting import keep_what_is_loaded


def test_who_looks_for_garbage_passes_over_what_was_loaded() -> None:
    loaded = [[number] for number in range(1_000)]
    before = gc.get_freeze_count()
    keep_what_is_loaded()
    assert gc.get_freeze_count() >= before + len(loaded)
