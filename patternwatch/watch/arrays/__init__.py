"""Arrays that grow, get packed and are numbered: what every bank is made of."""
