"""What the rooms say to each other: messages, the report, patterns, series arrays, errors. No I/O."""
