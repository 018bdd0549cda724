"""Windows of series from Cortex, Prometheus or a recorded incident."""
