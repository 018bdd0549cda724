"""When trouble opens, goes on and is over, and what people and programs see of it."""
