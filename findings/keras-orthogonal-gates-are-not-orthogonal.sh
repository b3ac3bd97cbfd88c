#!/usr/bin/env bash
# keras 3.15.1 on jax 0.10.2, numpy 2.4.6, Python 3.11 or later.
#
# Keras starts the recurrent weights of an LSTM and of a GRU from "orthogonal", which is known for keeping the length of
# what a matrix is applied to again and again. One would expect that of each gate's square matrix: all of its singular
# values 1. What happens: the gates' matrices lie side by side in one kernel, of 64 × 256 for an LSTM of 64 units, and
# orthogonal is made for that kernel as a whole. Its 64 singular values are 1. Those of a gate's own matrix are not:
# their mean square is 1/4 for the LSTM and 1/3 for the GRU, and they reach down close to 0. Of SimpleRNN, which has one
# matrix, all are 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$folder/look.py" <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

UNITS = 64


def singular_values(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


got = {}
for kind, gates in [(keras.layers.SimpleRNN, 1), (keras.layers.GRU, 3), (keras.layers.LSTM, 4)]:
    layer = kind(UNITS)
    layer.build((1, 5, 10))
    kernel = np.array(layer.cell.recurrent_kernel, dtype=float)
    whole = singular_values(kernel)
    each = np.concatenate([singular_values(gate) for gate in np.split(kernel, gates, axis=1)])
    print(f"{kind.__name__}: the kernel's singular values from {whole.min():.3f} to {whole.max():.3f}, "
          f"its {gates} matrices' from {each.min():.3f} to {each.max():.3f}, mean square {np.mean(each**2):.3f}")
    got[kind.__name__] = np.allclose(whole, 1, atol=1e-4), round(1 / float(np.mean(each**2)), 2), bool(each.min() < 0.1)
print("one would expect: every matrix has singular values of 1")
seen = {"SimpleRNN": (True, 1.0, False), "GRU": (True, 3.0, True), "LSTM": (True, 4.0, True)}
raise SystemExit(0 if got == seen else f"this has changed: {got} was {seen}")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/look.py"
