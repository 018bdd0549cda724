"""How far series moved, and how much of it is chance, season or habit."""
