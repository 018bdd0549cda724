"""What every event stream (server-sent events, HTML standard 9.2) has in common."""

RETRY_MS = 2000
"""How long a browser waits before it opens a broken stream again."""
EVENT_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Nobody keeps a stream, and nginx passes on each event at once."""
