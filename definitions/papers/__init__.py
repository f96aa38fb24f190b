"""Papers of a case as people read them: one content, drawn as a page and as a tagged PDF."""
