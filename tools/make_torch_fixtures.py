#!/usr/bin/python3
"""Writes the test files of tests/golden/torch: one content each in both forms of torch.save.

usage: tools/make_torch_fixtures.py [DIR]
Needs Debian's python3-torch. NAME.zip.pth is the zip form, NAME.old.pth the form before 1.6.
"""
import collections
import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import formula_weights  # noqa: E402

MAX_BYTES = 20_000
SHAPES = {
    "conv.weight": [4, 1, 3, 3],
    "norm.weight": [4],
    "norm.bias": [4],
    "norm.running_mean": [4],
    "norm.running_var": [4],
    "norm.num_batches_tracked": [],
    "head.weight": [3, 4],
    "head.bias": [3],
}


def state(prefix=""):
    """An OrderedDict as Module.state_dict() gives it, with its _metadata attribute."""
    out = collections.OrderedDict()
    for key, shape in SHAPES.items():
        out[prefix + key] = torch.from_numpy(formula_weights.values(key, shape))
    out._metadata = collections.OrderedDict([("", {"version": 1}), ("norm", {"version": 2})])
    return out


def optimizer():
    """State of an SGD optimiser after one step."""
    weights = [torch.nn.Parameter(v) for v in state().values() if v.is_floating_point()]
    sgd = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
    for w in weights:
        w.grad = torch.ones_like(w)
    sgd.step()
    return sgd.state_dict()


def checkpoint():
    """What the published programs save."""
    return {"epoch": 7, "arch": "RANet", "state_dict": state("module."), "best_prec1": 93.25,
            "optimizer": optimizer()}


def converted(dtype):
    return collections.OrderedDict(
        (k, v.to(dtype) if v.is_floating_point() else v) for k, v in state().items())


def shared():
    """Views of one storage: with offsets, transposed, with steps, expanded; one tensor twice."""
    base = torch.from_numpy(formula_weights.values("base", [48]))
    grid = base[8:].reshape(4, 10)
    return {
        "whole": base,
        "tail": base[40:],
        "transposed": grid.t(),
        "every_other": grid[:, ::2],
        "expanded": base[:3].unsqueeze(1).expand(3, 4),
        "again": base,
        "scalar": base[5],
        "empty": base[:0],
    }


class CallsSystem:
    """Whoever unpickles this trustingly runs a command."""

    def __reduce__(self):
        return os.system, ("touch /tmp/fovea-was-here",)


class Tiny(torch.nn.Module):
    """A network saved whole."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(2))


def with_entry(key, value):
    out = state()
    out[key] = value
    return out


CASES = {
    "ordered_dict": state(),
    "plain_dict": dict(state()),
    "checkpoint": checkpoint(),
    "under_model": {"model": state(), "lr": 0.1},
    "parameters": {k: torch.nn.Parameter(v) if v.is_floating_point() else v
                   for k, v in state().items()},
    "half": converted(torch.float16),
    "bfloat16": converted(torch.bfloat16),
    "double": converted(torch.float64),
    "shared": shared(),
    "system_beside": {"state_dict": state(), "note": CallsSystem()},
    "system_inside": with_entry("evil.weight", CallsSystem()),
    "text_inside": with_entry("version", "1.0"),
    "sparse_inside": with_entry("rare.weight", torch.eye(3).to_sparse()),
    "complex_inside": with_entry("wave.weight", torch.ones(2, dtype=torch.complex64)),
    "no_dict": [torch.ones(2)],
}
# Only in the zip form: the older one stores the path of the class's source.
ZIP_CASES = {"whole_module": Tiny()}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../tests/golden/torch")
    os.makedirs(folder, exist_ok=True)
    for name, content in {**CASES, **ZIP_CASES}.items():
        for suffix, zipped in (("zip", True), ("old", False)):
            if name in ZIP_CASES and not zipped:
                continue
            path = os.path.join(folder, f"{name}.{suffix}.pth")
            torch.save(content, path, _use_new_zipfile_serialization=zipped)
            size = os.path.getsize(path)
            if size > MAX_BYTES:
                sys.exit(f"{path} has {size} bytes, at most {MAX_BYTES} are wanted")
    torch.save(checkpoint(), os.path.join(folder, "protocol4.zip.pth"), pickle_protocol=4)
    print(f"{len(os.listdir(folder))} files in {folder}")


if __name__ == "__main__":
    main()
