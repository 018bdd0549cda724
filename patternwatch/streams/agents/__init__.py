"""What the worker does with a message, one agent a file: planner, analyst, collector, watcher.

`declarations` lists them in the order in which a message travels.
"""
