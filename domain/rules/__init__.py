"""The rules that the process names, by chapters: which row fits, what must hold, what is written.

Who reads a row opens the module of its chapter, and `common` for what rows of every chapter ask.
Amounts are tiyn.
"""

from importlib import import_module
from pkgutil import iter_modules

from domain.rules.registry import (
    BOUND_BY,
    BOUNDS,
    GUARDS,
    NAMING,
    NEED_BODY,
    RECORDERS,
    REPEATING,
    SELECTORS,
)

__all__ = [
    "BOUNDS",
    "BOUND_BY",
    "GUARDS",
    "NAMING",
    "NEED_BODY",
    "RECORDERS",
    "REPEATING",
    "SELECTORS",
]

# A chapter makes its rules known when it is read.
for chapter in iter_modules(__path__):
    import_module(f"{__name__}.{chapter.name}")
