"""What others run without the rest: nothing beside it may have the name of a standard module."""
