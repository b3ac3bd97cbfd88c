#!/usr/bin/env bash
# keras 3.15.1 on jax 0.10.2, numpy 2.4.6, Python 3.11 or later.
#
# An initializer with a SeedGenerator draws other numbers at each call, so two Dense layers that share it differ. One
# would expect the same of the layers inside of one layer: of the two directions of a Bidirectional, and of attention's
# query, key and value, whose code says that it copies the initializer so that its numbers are not repeated.
# What happens: the copy is made from the initializer's configuration, which holds the seed and where the generator
# stood. So the copies begin at the same place, and query, key and value start with the same weights, as do forward and
# backward. An initializer without a seed is drawn from a new one in each copy, and all differ.
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


def alike(*kernels):
    first, *others = map(np.array, kernels)
    return all(np.array_equal(first, other) for other in others)


def seeded():
    return keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(1))


def in_two_layers(initializer):
    layers = [keras.layers.Dense(8, kernel_initializer=initializer) for _ in range(2)]
    for layer in layers:
        layer.build((1, 8))
    return alike(*(layer.kernel for layer in layers))


def in_attention(initializer):
    layer = keras.layers.MultiHeadAttention(2, 4, kernel_initializer=initializer)
    layer.build((1, 5, 8), (1, 5, 8))
    return alike(*(dense.kernel for dense in (layer.query_dense, layer.key_dense, layer.value_dense)))


def in_two_directions(initializer):
    layer = keras.layers.Bidirectional(keras.layers.LSTM(8, kernel_initializer=initializer))
    layer.build((1, 5, 8))
    return alike(layer.forward_layer.cell.kernel, layer.backward_layer.cell.kernel)


places = (in_two_layers, in_attention, in_two_directions)
got = {place.__name__: (place(seeded()), place(keras.initializers.GlorotUniform())) for place in places}
for name, (with_generator, unseeded) in got.items():
    print(f"{name}: alike with a SeedGenerator: {with_generator}; alike without a seed: {unseeded}")
seen = {"in_two_layers": (False, True), "in_attention": (True, False), "in_two_directions": (True, False)}
print("one would expect: never alike with a SeedGenerator")
raise SystemExit(0 if got == seen else "this has changed: it was " + str(seen))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/look.py"
