"""Work on desks: what people have to look at, and what they did about it."""
