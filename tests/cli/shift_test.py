#!/usr/bin/env python3
"""Tests from outside of shifted data: corruptions, the slow-down attack, the budget controller. usage: shift_test.py PROGRAM [unittest options]"""
import json, os, pathlib, re, unittest

from support import Cli


class Shift(Cli):
    def test_budgets_are_kept_by_control(self):
        out = self.fresh(".fovea")
        common = ["--data", self.pictures, "--batch", 2]
        self.done("calibrate", self.model, *common, "-o", out)
        exits = json.loads(self.done("info", out, "--json"))["exits"]
        budget = str((exits[0]["macs_single"] + exits[-1]["macs_single"]) // 2)
        told = {mode: json.loads(self.done("eval", out, *common, "--budget", budget, "--control", "--mode", mode, "--json"))
                for mode in ("hindsight", "executed")}
        control = told["hindsight"]["adaptive"]["control"]
        self.assertEqual(control["budget"], int(budget))
        self.assertEqual([step["n"] for step in control["steps"]], [2, 2, 2])
        self.assertEqual(control["steps"][0]["position"], 1)
        for key in ("top1", "mean_macs", "counts", "control"):
            self.assertEqual(told["hindsight"]["adaptive"][key], told["executed"]["adaptive"][key])
        # A study with curves takes the same policy.
        study = json.loads(self.done("eval", out, *common, "--budget", budget, "--control", "--svg", self.fresh(".svg"), "--json"))
        self.assertEqual(study["adaptive"]["control"], control)
        self.assertEqual(study["adaptive"]["counts"], told["hindsight"]["adaptive"]["counts"])
        lines = self.call("predict", out, self.pictures, "--budget", budget, "--control").stderr.decode()
        self.assertRegex(lines, r"--budget: [0-9.]+M multiply-adds a picture over 6 pictures \(asked: [0-9.]+M multiply-adds\)")
        self.assertNotIn("(asked: ", self.call("predict", out, self.pictures, "--budget", budget).stderr.decode())
        cap = exits[0]["macs_needed"]
        capped = self.done("predict", out, self.pictures, "--budget", budget, "--control", "--max-macs", cap, "--json")
        self.assertLessEqual(max(json.loads(line)["macs"] for line in capped.splitlines()), cap)
        self.refused(2, "eval", out, *common, "--control", says=["--budget N"])
        self.refused(2, "eval", out, *common, "--control", "--budget", "2ms", "--mode", "hindsight", says=["--mode executed"])
        self.refused(2, "eval", out, *common, "--control", "--budget", budget, "--deadline", "2ms", says=["deadline"])
        self.refused(2, "eval", out, *common, "--control", "--no-control", "--budget", budget, says=["--no-control"])
        self.refused(2, "eval", out, *common, "--control", "--budget", "1", says=["out of range"])
        self.refused(2, "predict", self.model, self.pictures, "--control", "--budget", budget, says=["fovea calibrate"])

    def within_times(self, *words):
        """Runs with a budget in the middle of the times that this machine takes, as it said last. Returns the budget in ms and the run."""
        for _ in range(20):
            run = self.call(*words, "--budget", f"{self.budget}ms")
            if b"out of range" not in run.stderr:
                self.assertEqual(run.returncode, 0, run.stderr)
                return self.budget, run
            least, most = (float(word) for word in re.findall(r"([0-9.]+) ms", run.stderr.decode())[:2])
            self.budget = (least + most) / 2
        self.fail(f"no budget was within the times of this machine: {run.stderr}")

    def test_times_are_kept_by_control(self):
        out = self.fresh(".fovea")
        self.done("calibrate", self.model, "--data", self.pictures, "--batch", 2, "-o", out)
        self.budget = 1e6  # beyond: the first answer tells the range
        kept = r"--budget: [0-9.]+ ms a picture over 6 pictures \(asked: [0-9.]+ ms\)"
        for option in ([], ["--control"]):
            told = self.within_times("predict", out, self.pictures, "--batch", 2, *option)[1].stderr.decode()
            self.assertRegex(told, kept)
            self.assertEqual("--no-control holds them" in told, not option)
        for option in (["--no-control"], ["--deadline", "1s"]):
            self.assertNotRegex(self.within_times("predict", out, self.pictures, "--batch", 2, *option)[1].stderr.decode(), kept)
        common = ["eval", out, "--data", self.pictures, "--batch", 2, "--json"]
        budget, told = self.within_times(*common)
        control = json.loads(told.stdout)["adaptive"]["control"]
        self.assertEqual((control["unit"], [step["n"] for step in control["steps"]]), ("ms", [2, 2, 2]))
        self.assertAlmostEqual(control["budget"], budget, places=6)
        for option in (["--no-control"], ["--deadline", "1s"], ["--mode", "hindsight"]):
            self.assertNotIn("control", json.loads(self.within_times(*common, *option)[1].stdout)["adaptive"])

    def test_shift(self):
        out = self.fresh(".fovea")
        common = ["--data", self.pictures, "--batch", 2]
        self.done("calibrate", self.model, *common, "-o", out)
        exits = json.loads(self.done("info", out, "--json"))["exits"]
        budget = str((exits[0]["macs_single"] + exits[-1]["macs_single"]) // 2)
        told = json.loads(self.done("eval", out, *common, "--shift", "--budget", budget, "--json"))
        self.assertEqual((told["n"], len(told["rows"])), (6, 16))
        self.assertEqual([(row["corruption"], row["strength"]) for row in told["rows"][:3]], [(None, 0), ("noise", 1), ("noise", 2)])
        for row in told["rows"]:
            self.assertLessEqual(row["cap"]["mean_macs"], int(budget))
            self.assertEqual(sum(row["control"]["counts"]), 6)
        # A row is what evaluating the same corruption says.
        alone = json.loads(self.done("eval", out, *common, "--corrupt", "blur:4", "--budget", budget, "--json"))["adaptive"]
        blur = next(row for row in told["rows"] if (row["corruption"], row["strength"]) == ("blur", 4))
        for key in ("top1", "mean_macs", "counts"):
            self.assertEqual(alone[key], blur["policy"][key])
        # So does the report, with a chart of accuracy and one of cost for each kind.
        page = self.fresh(".html")
        words = ["report", out, *common, "--shift", "--budget", budget, "--samples-timed", 2, "-o", page, "--json"]
        self.assertEqual(json.loads(self.done(*words))["model"]["data"]["shift"], told)
        text = pathlib.Path(page).read_text()
        for figure in (f"figure-shift-{what}-{kind}" for what in ("accuracy", "cost") for kind in ("noise", "blur", "contrast")):
            self.assertIn(f'id="{figure}"', text)
        self.assertIn(f"the policy of --budget {budget}", text)
        other = json.loads(self.done(*words, "--compare", out, "--force"))["compare"]["data"]["shift"]
        self.assertEqual(other, told)
        self.assertIn('id="shift-b"', pathlib.Path(page).read_text())
        self.refused(2, "report", out, "--shift", "-o", self.fresh(".html"), says=["--data"])
        plain = json.loads(self.done("eval", self.model, *common, "--shift", "--threshold", "0.11", "--json"))
        self.assertIsNone(plain["rows"][3]["control"])
        self.assertIn("noise:5", self.done("eval", self.model, *common, "--shift").decode())
        self.refused(2, "eval", self.model, *common, "--shift", "--corrupt", "noise:1", says=["--corrupt"])
        self.refused(2, "eval", self.model, *common, "--corrupt", "fog:1", says=["noise, blur or contrast"])

    def test_corrupted_pictures_are_written_as_they_are_read(self):
        folder = self.fresh("-blurred")
        made = json.loads(self.done("data", "make", "corrupted", "--data", self.pictures, "--kind", "noise", "--strength", 3,
                                    "--seed", 5, "-o", folder, "--json"))
        self.assertEqual((made["n"], made["kind"], made["strength"], made["seed"]), (6, "noise", 3, 5))
        self.assertEqual(len(os.listdir(folder)), 7)
        common = ["--threshold", "0.11", "--json"]
        read = json.loads(self.done("eval", self.model, "--data", folder, *common))
        wrapped = json.loads(self.done("eval", self.model, "--data", self.pictures, "--corrupt", "noise:3:5", *common))
        self.assertEqual(read, wrapped)
        self.refused(4, "data", "make", "corrupted", "--data", self.pictures, "--kind", "noise", "--strength", 3, "-o", folder)
        self.refused(2, "data", "make", "corrupted", "--data", self.pictures, "--kind", "fog", "--strength", 3, "-o", folder)
        self.refused(2, "data", "make", "corrupted", "--data", self.pictures, "--kind", "blur", "-o", folder, says=["--strength"])
        self.refused(2, "data", "make", "nonsense", "-o", folder, says=["slowdown"])

    def test_slowdown_or_what_is_missing(self):
        folder = self.fresh("-slow")
        words = ["data", "make", "slowdown", self.model, "--data", self.pictures, "--threshold", "0.105", "--epsilon", 16, "--steps", 3]
        result = self.call(*words, "-o", folder, "--json")
        if result.returncode == 6:
            self.assertIn(b"learner", result.stderr.lower())
            self.assertFalse(os.path.exists(folder))
            return
        self.assertEqual(result.returncode, 0, result.stderr)
        told = json.loads(result.stdout)
        self.assertEqual((told["n"], len(os.listdir(folder))), (6, 7))
        self.assertLessEqual(told["after"]["efficacy"], told["before"]["efficacy"])
        # Read again, the pictures are those that were measured.
        again = json.loads(self.done("eval", self.model, "--data", folder, "--threshold", "0.105", "--json"))["adaptive"]
        self.assertEqual(again["counts"], told["after"]["counts"])
        self.refused(4, *words, "-o", folder)
        self.refused(2, "data", "make", "slowdown", "--data", self.pictures, "-o", folder, says=["slowdown MODEL"])
        self.refused(2, *words[:-2], "--steps", 0, "-o", folder, says=["--steps"])


if __name__ == "__main__":
    unittest.main()
