"""What stopped, what began: ended and begun series, told apart and judged."""
