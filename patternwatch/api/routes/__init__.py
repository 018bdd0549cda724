"""The routes by subject: what is asked and answered. The work lies in `commands` and `read_model`."""
