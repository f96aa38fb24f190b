"""The sandbox as a process of its own, seen over HTTP alone."""
