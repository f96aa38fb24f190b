"""Terms of the law: counted, certified, paused, counted anew."""
