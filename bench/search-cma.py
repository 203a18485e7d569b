"""Evaluations that the reference implementation of CMA-ES (pycma, N. Hansen) needs to 1e-9: what ours is held against.

Default population, weights (active) and step-size control, no restarts, no stop but the target. A run that does not get there within
`limit` evaluations is null. `pip install cma==4.5.0`, then `python3 bench/search-cma.py > bench/search-cma.json`.
"""
import json
import sys

import cma
import numpy as np

TARGET = 1e-9
SEEDS = range(1, 26)


def sphere(x):
    return float(np.sum(x**2))


def ellipsoid(x):
    return float(np.sum(1e6 ** (np.arange(len(x)) / (len(x) - 1)) * x**2))


def rosenbrock(x):
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


# Name, function, every coordinate of the first mean, first step size.
CASES = [("sphere", sphere, 3.0, 2.0), ("ellipsoid", ellipsoid, 3.0, 2.0), ("rosenbrock", rosenbrock, 0.0, 0.5)]
DIMENSIONS = [5, 10, 20]


def evaluations(f, n, start, sigma, seed, limit):
    es = cma.CMAEvolutionStrategy(
        np.full(n, start), sigma, {"seed": seed, "verbose": -9, "CMA_active": True, "maxfevals": limit}
    )
    count = 0
    while count < limit:
        xs = es.ask()
        losses = [f(np.asarray(x)) for x in xs]
        count += len(xs)
        if min(losses) <= TARGET:
            return count
        es.tell(xs, losses)
    return None


rows = []
for name, f, start, sigma in CASES:
    for n in DIMENSIONS:
        limit = 4000 * n
        counts = [evaluations(f, n, start, sigma, seed, limit) for seed in SEEDS]
        order = sorted(float("inf") if c is None else c for c in counts)
        rows.append(
            {
                "f": name,
                "n": n,
                "start": start,
                "sigma": sigma,
                "limit": limit,
                "population": cma.CMAEvolutionStrategy(np.full(n, start), sigma, {"verbose": -9}).popsize,
                "median": order[len(order) // 2],
                "counts": counts,
            }
        )
        print(rows[-1]["f"], n, rows[-1]["median"], file=sys.stderr)
versions = {"cma": cma.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
head = {"versions": versions, "target": TARGET, "seeds": list(SEEDS)}
lines = ",\n    ".join(json.dumps(row) for row in rows)
print(json.dumps(head)[:-1] + ', "rows": [\n    ' + lines + "\n]}")
