#!/usr/bin/env python3
"""Fovea against ONNX Runtime: the same network, weights, input, batch and thread, process by process.

Each round runs the one, then the other (A B A B …), so that a machine whose speed drifts moves both;
the ratio is taken within a round. ONNX Runtime is given its fairest form: a static export without
same-size resizes, every optimisation, one thread that does not spin, warm, the input made before.
Nothing is timed before the logits of both agree.

usage: bench/side_by_side.py [--rounds R] [--seconds S] [--networks A,B] [--batches 1,64] [--cpu C] [--json FILE]
Needs Node.js (scripts/packages peer installs it) and, once, a network for `npm ci`.
"""
import argparse, array, json, os, pathlib, shutil, statistics, struct, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOVEA = ROOT / "build/release/bin/fovea"
ORT = ROOT / "bench/ort"
TOLERANCE = 1e-3  # of the largest logit; both round differently


def call(*words, pin=None):
    words = [str(w) for w in words]
    if pin is not None:
        words = ["taskset", "-c", str(pin), *words]
    run = subprocess.run(words, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"side_by_side: {' '.join(words)} ended with {run.returncode}: {run.stderr.strip()}")
    return run.stdout


def write_tensor(path, name, shape, values):
    header = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * len(values)]}}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + values.tobytes())


def read_tensors(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    out = {}
    for name, about in header.items():
        begin, end = (8 + length + at for at in about["data_offsets"])
        if about["dtype"] == "F32":
            out[name] = array.array("f", raw[begin:end])
    return out


def noise(n):
    state, out = 1, array.array("f", bytes(4 * n))
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state / 2**31 - 1
    return out


def check_logits(model, onnx, shape, batch, folder, pin):
    values = noise(batch * shape[0] * shape[1] * shape[2])
    (folder / "input.raw").write_bytes(values.tobytes())
    write_tensor(folder / "input.safetensors", "input", [batch, *shape], values)
    call(FOVEA, "run", model, "--input", folder / "input.safetensors", "--output", folder / "ours.safetensors",
         "--force", "--threads", 1, pin=pin)
    said = json.loads(call("node", ORT / "ort_bench.js", "--model", onnx, "--batch", batch, "--seconds", 0,
                           "--input", folder / "input.raw", "--logits", folder / "theirs.raw", pin=pin))
    ours, theirs, at, worst = read_tensors(folder / "ours.safetensors"), array.array("f"), 0, 0.0
    theirs.frombytes((folder / "theirs.raw").read_bytes())
    for name in said["outputs"]:
        mine = ours[name]
        scale = max(map(abs, mine))
        worst = max(worst, max(abs(a - b) for a, b in zip(mine, theirs[at : at + len(mine)])) / scale)
        at += len(mine)
    if at != len(theirs) or worst > TOLERANCE or worst != worst:
        sys.exit(f"side_by_side: the logits of {onnx.name} differ by {worst:.2e} of the largest; nothing was timed")
    return worst, len(said["outputs"])


def measure(network, batch, given, folder):
    model, onnx = folder / f"{network}.fovea", folder / f"{network}-{batch}.onnx"
    if not model.exists():
        call(FOVEA, "init", "--network", network, "--seed", 1, "-o", model)
    info = json.loads(call(FOVEA, "info", model, "--json"))
    call(FOVEA, "export", model, "--onnx", onnx, "--batch", batch)
    worst, n_exits = check_logits(model, onnx, info["input"], batch, folder, given.cpu)
    ours, theirs = [], []
    for _ in range(given.rounds):
        ours.append(json.loads(call(FOVEA, "bench", model, "--batch", batch, "--threads", 1,
                                    "--seconds", given.seconds, "--json", pin=given.cpu))["all_exits"])
        theirs.append(json.loads(call("node", ORT / "ort_bench.js", "--model", onnx, "--batch", batch,
                                      "--seconds", given.seconds, pin=given.cpu)))
    median = lambda runs: statistics.median(r["ms"] for r in runs)
    ratios = sorted(t["ms"] / o["ms"] for o, t in zip(ours, theirs))
    return {
        "network": network, "batch": batch, "exits": n_exits, "logits_differ": worst,
        "fovea_ms": median(ours), "fovea_min_ms": min(r["ms_best"] for r in ours),
        "ort_ms": median(theirs), "ort_min_ms": min(r["ms_best"] for r in theirs), "engine": theirs[0]["engine"],
        "ratio": statistics.median(ratios), "ratio_low": ratios[0], "ratio_high": ratios[-1],
        "gflops": statistics.median(r["gflops"] for r in ours),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="ranet-a-cifar10,msdnet-even-b7-cifar10")
    parser.add_argument("--batches", default="1,64")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--json", metavar="FILE")
    given = parser.parse_args()
    if not FOVEA.exists():
        sys.exit("side_by_side: build/release/bin/fovea is missing; ./scripts/demo or ./scripts/test builds it")
    if not (ORT / "node_modules/onnxruntime-node").exists():
        subprocess.run([ROOT / "scripts/packages", "peer"], check=True)
        subprocess.run([shutil.which("npm") or "npm", "ci", "--ignore-scripts"], cwd=ORT, check=True)

    rows = []
    machine = json.loads(call(FOVEA, "doctor", "--json", pin=given.cpu))
    peak, bandwidth = machine["fma_gflops"], machine["read_gb_per_s"]
    with tempfile.TemporaryDirectory(prefix="fovea-peer-") as scratch:
        for network in given.networks.split(","):
            for batch in map(int, given.batches.split(",")):
                rows.append(measure(network, batch, given, pathlib.Path(scratch)))
    print(f"One thread, ms per sample (median of {given.rounds} interleaved rounds, least in brackets); "
          f"{rows[0]['engine']}; measured FMA peak {peak:.1f} GFLOP/s, bandwidth {bandwidth:.1f} GB/s")
    print(f"{'network':26}{'batch':>6}{'fovea':>18}{'onnxruntime':>18}{'ratio':>8}{'low..high':>14}{'of peak':>9}")
    for r in rows:
        ours = f"{r['fovea_ms']:.3f} ({r['fovea_min_ms']:.3f})"
        theirs = f"{r['ort_ms']:.3f} ({r['ort_min_ms']:.3f})"
        span = f"{r['ratio_low']:.2f}..{r['ratio_high']:.2f}"
        print(f"{r['network']:26}{r['batch']:>6}{ours:>18}{theirs:>18}{r['ratio']:>8.2f}{span:>14}{100 * r['gflops'] / peak:>7.0f} %")
    slower = [r for r in rows if r["ratio"] < 1]
    print("ratio above 1: Fovea is faster. " + (f"{len(slower)} of {len(rows)} slower" if slower else "Never slower."))
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
