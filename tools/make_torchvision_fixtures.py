#!/usr/bin/python3
"""Writes tests/golden/torchvision/NAME.safetensors: logits of torchvision's networks.

usage: tools/make_torchvision_fixtures.py [DIR]
Needs Debian's python3-torchvision. Weights and input follow from their names
(formula_weights.py), so only the logits are stored: `logits.0` as float32 computes them,
`logits64.0` as float64 does, rounded. Residual sums grow with depth (3000 for resnet50), so
compare within 1e-5 of the largest logit. Metadata: input_size, batch, params, torch, torchvision.
"""
import json
import os
import struct
import sys

import torch
import torchvision

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import formula_weights  # noqa: E402

BATCH = 2
SIZES = {"resnet18": 64, "resnet34": 64, "resnet50": 64, "mobilenet_v2": 96}


def save(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + 4 * tensor.numel()]}
        offset += 4 * tensor.numel()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().astype("<f4").tobytes())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../tests/golden/torchvision")
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)
    for name, size in SIZES.items():
        network = getattr(torchvision.models, name)(weights=None).eval()
        params = sum(p.numel() for p in network.parameters())
        network.load_state_dict({
            key: torch.from_numpy(formula_weights.values(key, list(value.shape)))
            for key, value in network.state_dict().items()})
        source = torch.from_numpy(formula_weights.values("input", [BATCH, 3, size, size]))
        with torch.no_grad():
            logits = network(source)
            logits64 = network.double()(source.double()).float()
        gap = (logits - logits64).abs().max().item()
        print(f"{name}: {params} parameters, |logits| up to {logits.abs().max():.3g}, "
              f"samples differ by {(logits[0] - logits[1]).abs().mean():.3g}, "
              f"float32 from float64 by {gap:.2g}")
        save(os.path.join(folder, f"{name}.safetensors"),
             {"logits.0": logits, "logits64.0": logits64},
             {"input_size": str(size), "batch": str(BATCH), "params": str(params),
              "torch": torch.__version__, "torchvision": torchvision.__version__})


if __name__ == "__main__":
    main()
