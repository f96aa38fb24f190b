"""The law as data: editions, forms of commands, the catalogue."""
