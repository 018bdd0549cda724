"""What real servers answered to `doctor` and to an analysis, recorded, and how it is recorded again.

`python -m tests.recorded.record` writes `tests/fixtures/servers`, and `tests/cortex/test_recorded_servers.py`
replays it.
"""
