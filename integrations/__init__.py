"""The wire formats of the systems around us: one module a system."""
