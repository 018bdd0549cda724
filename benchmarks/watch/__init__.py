"""What always on costs, how quiet it is, and how soon it sees a fault: `python -m benchmarks.watch`.

`metrics`, `topology`, `labels`, `seasons`, `lives`, `faults`, `draws`, `pods` and `nodes` are the parts of
the generated cluster, `generated` puts them together day by day; `replay` feeds days to the product, and
`cost`, `quiet`, `sharp`, `recorded` and `labelled` each measure one thing with it.
"""
