"""Faults and controls of the Kubernetes testbed."""
