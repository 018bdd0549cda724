"""The testbed dressed as Kubernetes: pods, virtual nodes, a controller, the usual exporters."""
