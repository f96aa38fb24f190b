"""The law as data: editions, process, calendar, catalogue, texts and schemas."""
