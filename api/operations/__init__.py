"""For officials: what is stuck and why; for administrators: to get it going again."""
