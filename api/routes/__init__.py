"""One file a noun; each route states who may call it."""
