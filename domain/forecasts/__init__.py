"""What would become of a case, or would have: the same rules under other conditions."""
