"""How the shape classifier is made: generator, datasets, net, training, export. Needs torch."""
