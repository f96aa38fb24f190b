"""`ozhb …`: what operators and developers type, one file a noun."""
