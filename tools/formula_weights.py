"""Weights that follow from their names, so that tests need not store them.

Element t of the tensor called KEY is SplitMix64 of FNV-1a(KEY) at t, scaled by the kind of tensor;
tests/exchange/formula.h gives the same numbers in C++.
"""
import math

MASK = 0xFFFFFFFFFFFFFFFF


def fnv1a(text):
    h = 14695981039346656037
    for byte in text.encode():
        h = (h ^ byte) * 1099511628211 & MASK
    return h


def uniforms(key, count):
    """Numbers in [0,1) as float64."""
    import numpy as np
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(key)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
            0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def values(key, shape):
    """The tensor of a state-dict key as float32 (or int64 zeros for a counter)."""
    import numpy as np
    u = uniforms(key, math.prod(shape))
    last = key.rsplit(".", 1)[-1]
    if last == "num_batches_tracked":
        return np.zeros(shape, dtype=np.int64)
    if key == "input":
        v = (2 * u - 1) * 1.7
    elif len(shape) == 4:
        v = (2 * u - 1) * math.sqrt(6 / (shape[1] * shape[2] * shape[3]))
    elif len(shape) == 2:
        v = (2 * u - 1) * math.sqrt(3 / shape[1])
    elif last == "running_var":
        v = 0.75 + 0.5 * u
    elif last == "weight":
        v = 0.7 + 0.6 * u
    else:
        v = (u - 0.5) * 0.4
    return v.astype(np.float32).reshape(shape)
