"""The routes by subject: what is asked and answered over HTTP. The work lies in `commands` and `read_model`."""
