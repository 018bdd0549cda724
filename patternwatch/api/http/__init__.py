"""What every request and every answer has in common: guards, problems, pages, documents."""
