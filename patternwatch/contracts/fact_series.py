"""Info metrics whose labels say whose other series are: nothing to judge, and read all the same."""

FACT_SERIES = frozenset(("kube_pod_info", "kube_node_info"))
"""kube-state-metrics, docs/metrics: who made a pod, where it runs; a node's addresses."""
