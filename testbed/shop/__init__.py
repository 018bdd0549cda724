"""The sample shop: frontend, catalogue, cart, orders and payment, one process each."""
