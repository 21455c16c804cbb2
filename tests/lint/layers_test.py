#!/usr/bin/env python3
"""Plants violations in a copy of the tree and sees tools/check_layers.py name each of them."""
import pathlib, shutil, subprocess, sys, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLANTED = {
    "an include upwards": ("src/base/words.cc", '#include "graph/cost.h"', "src/base/words.cc: base may not include graph/cost.h (graph)"),
    "an include upwards through a public header": ("include/fovea/tensor.h", '#include "fovea/graph.h"', "include/fovea/tensor.h: base may not include fovea/graph.h (graph)"),
    "an include beside the own file": ("src/base/error.cc", '#include "../graph/cost.h"', "src/base/error.cc: base may not include ../graph/cost.h (graph)"),
    "a third-party header of another unit": ("src/model/safetensors.h", "#  include <torch/torch.h>", "src/model/safetensors.h: model may not include torch/torch.h"),
    "LibTorch in a definition of an operator": ("src/ops/linear/linear.cc", "#include <ATen/ops/linear.h>", "src/ops/linear/linear.cc: ops_def may not include ATen/ops/linear.h"),
    "work counted outside the kernels": ("src/runtime/session.cc", "void f(W& work) { work.add(lanes, 1); }", "src/runtime/session.cc: only ops_cpu, ops_ref, fallback may write `work.add(`"),
    "work counted for one sample outside the kernels": ("src/runtime/worker.cc", "void f() { lanes.macs[0] += 1; }", "src/runtime/worker.cc: only ops_cpu, ops_ref, fallback may write `lanes.macs[0] += `"),
    "work summed outside the executors": ("src/graph/cost.cc", "void f(W& work) { work.macs += 1; }", "src/graph/cost.cc: only ops_cpu, reference, runtime, learner may write `work.macs += `"),
    "a second type of one name": ("src/base/words.h", "namespace fovea {\nclass TrainableNetwork final : public A {\n};\n}  // namespace fovea\nnamespace fovea::other {\nclass TrainableNetwork {\n};\n}  // namespace fovea::other",
                                  "src/learner/network.h: fovea::TrainableNetwork is defined in src/base/words.h too"),
    "a file in no unit": ("src/stray/a.cc", "int a;", "src/stray/a.cc: belongs to no unit"),
}


def check(root):
    run = subprocess.run([sys.executable, ROOT / "tools/check_layers.py", root], capture_output=True, text=True)
    return run.returncode, run.stdout


class Layers(unittest.TestCase):
    def test_the_tree_is_clean(self):
        code, text = check(ROOT)
        self.assertEqual(code, 0, text)

    def test_planted_violations_are_named(self):
        for what, (name, line, expected) in PLANTED.items():
            with self.subTest(what), tempfile.TemporaryDirectory() as scratch:
                for top in ("src", "include", "tools"):
                    shutil.copytree(ROOT / top, pathlib.Path(scratch) / top)
                path = pathlib.Path(scratch) / name
                path.parent.mkdir(exist_ok=True)
                path.write_text((path.read_text() if path.exists() else "") + "\n" + line + "\n")
                code, text = check(scratch)
                self.assertEqual(code, 1, text)
                self.assertIn(expected, text)
                self.assertIn(" 1 violations", text)

    def test_a_tree_without_files_fails(self):
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(ROOT / "tools", pathlib.Path(scratch) / "tools")
            self.assertEqual(check(scratch)[0], 1)


if __name__ == "__main__":
    unittest.main()
