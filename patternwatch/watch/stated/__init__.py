"""Facts that Kubernetes states of a workload: trouble by what they mean, not by how rare they are."""
