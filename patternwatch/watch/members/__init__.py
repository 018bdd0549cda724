"""Who is watched: slots of series, entities by their labels, and who is there at all."""
