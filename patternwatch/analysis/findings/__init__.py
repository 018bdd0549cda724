"""The findings of a report: their order, course, shape and evidence."""
