"""What requests take of a workload: processors, network, files and threads."""
