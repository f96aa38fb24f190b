"""What the outside world and the case file are asked to do: one file an effect."""
