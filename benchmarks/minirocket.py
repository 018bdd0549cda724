"""Fit MiniRocket (Dempster et al., KDD 2021; package aeon) on one npz file and name another's windows.

Run by the interpreter of the peers' own environment: `.peers/bin/python benchmarks/minirocket.py FILE.npz`.
FILE holds `train` (n, channels, points), `label` (n,) and `test` (m, channels, points); the labels found
are added to it as `named` (m,).
"""

import sys

import numpy as np
from aeon.classification.convolution_based import MiniRocketClassifier

with np.load(sys.argv[1]) as file:
    given = {name: file[name] for name in ("train", "label", "test")}
model = MiniRocketClassifier(random_state=0, n_jobs=1).fit(given["train"], given["label"])
np.savez(sys.argv[1], **given, named=model.predict(given["test"]))
