#!/usr/bin/env python3
"""Writes tests/data/cifar: small archives in the pickled layout, pictures by a formula, protocol 2.

cifar-10-batches-py is as Python 2 wrote the official files (bytes are BINSTRING), cifar-100-python
as Python 3 writes them (bytes are _codecs.encode of a text). numpy is not needed: what its arrays
say of themselves is said by stand-ins.
usage: tests/data/make_cifar_pickles.py FOLDER"""
import pathlib
import pickle
import struct
import sys
import types


def module(name):
    """Makes a module of that name known, so that pickle finds what is called from it."""
    made = types.ModuleType(name)
    sys.modules[name] = made
    return made


for each in ("numpy", "numpy.core", "numpy.core.multiarray"):
    module(each)


class ndarray:
    pass


class dtype:
    def __reduce__(self):
        return dtype, ("u1", 0, 1), (3, "|", None, None, None, -1, -1, 0)


def _reconstruct(*arguments):
    raise NotImplementedError


for value, home in ((ndarray, "numpy"), (dtype, "numpy"), (_reconstruct, "numpy.core.multiarray")):
    value.__module__ = home
    value.__qualname__ = value.__name__
    setattr(sys.modules[home], value.__name__, value)


class Array:
    """Reduces as a numpy array U8 [rows, columns] does."""

    def __init__(self, rows, columns, raw):
        self.state = (1, (rows, columns), dtype(), False, raw)

    def __reduce__(self):
        return _reconstruct, (ndarray, (0,), b"b"), self.state


class Python2(pickle._Pickler):
    """Writes texts and bytes as the str of Python 2."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_old_string(self, value):
        raw = value.encode() if isinstance(value, str) else value
        if len(raw) < 256:
            self.write(b"U" + bytes([len(raw)]) + raw)
        else:
            self.write(b"T" + struct.pack("<i", len(raw)) + raw)
        self.memoize(value)

    dispatch[str] = save_old_string
    dispatch[bytes] = save_old_string


def pixels(picture):
    """3072 bytes, planar; the test computes the same."""
    return bytes((picture * 31 + i * 7 + i // 1024 * 50) % 256 for i in range(3072))


def write(path, value, pickler):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as out:
        pickler(out, 2).dump(value)


root = pathlib.Path(sys.argv[1])
ten = root / "cifar-10-batches-py"
for batch in range(1, 7):
    first = 2 * batch
    name = "test_batch" if batch == 6 else f"data_batch_{batch}"
    write(ten / name, {"data": Array(2, 3072, pixels(first) + pixels(first + 1)), "labels": [batch % 3, (batch + 1) % 3],
                       "batch_label": name, "filenames": ["one.png", "two.png"]}, Python2)
write(ten / "batches.meta", {"num_cases_per_batch": 2, "label_names": ["airplane", "automobile", "bird"], "num_vis": 3072}, Python2)

hundred = root / "cifar-100-python"
write(hundred / "train", {b"filenames": [b"a.png", b"b.png", b"c.png"], b"batch_label": b"training batch 1 of 1",
                          b"fine_labels": [1, 0, 3], b"coarse_labels": [0, 0, 1],
                          b"data": Array(3, 3072, b"".join(pixels(i) for i in (20, 21, 22)))}, pickle._Pickler)
write(hundred / "test", {b"filenames": [b"d.png"], b"batch_label": b"testing batch 1 of 1", b"fine_labels": [2], b"coarse_labels": [1],
                         b"data": Array(1, 3072, pixels(30))}, pickle._Pickler)
write(hundred / "meta", {b"fine_label_names": [b"apple", b"bear", b"cup", b"dog"], b"coarse_label_names": [b"x", b"y"]}, pickle._Pickler)
