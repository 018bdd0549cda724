"""The fault lab: the product on a real Kafka under load, while its parts are killed, stopped and cut off.

    python -m benchmarks.faults [--minutes 3] [--seed 1] [--scenario NAME] [--json]

What is attempted and what is acknowledged stands in a ledger on disk. After the last fault everything heals
and drains; then the ledger is held against the reports. docs/faults.md tells what is promised.
"""
