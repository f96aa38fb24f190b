"""Who takes part in a case, for whom, and what each may see."""
