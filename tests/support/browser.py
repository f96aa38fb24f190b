"""Where Chromium is on this machine, and how it is started."""

import shutil
from typing import Final

CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# Root has no sandbox there.
FLAGS: Final = ("--no-sandbox",)
