"""A small real system with fault injection, from which incidents are recorded.

PostgreSQL, Redis, nginx, their exporters, a node exporter, a sample shop of five services, a load
generator and a Prometheus that scrapes all of it every two seconds. A plan of faults is run against
it and every window is written down with the service and the series that the fault really moved.
"""
