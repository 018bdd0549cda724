"""How the shape classifier is made: generated windows, network, training, export. Needs torch."""
