"""The routes by subject: what is asked and answered over HTTP; what is done lies in `commands` and `read_model`."""
