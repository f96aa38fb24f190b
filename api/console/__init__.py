"""Pages for people with a browser: they ask the API as any client would, and show its answer."""
