"""How many workers, partitions and queriers so many clusters need: a simulation, checked against a run.

`events` and `processors` are the simulation, `workers` the product in it, `measured` the run that checks it,
`costs` what an analysis takes, `sizing` what follows.
"""
