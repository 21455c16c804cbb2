#!/usr/bin/env python3
"""Tests from outside of certificates and studies, on rendered scenes. usage: certificate_test.py PROGRAM [unittest options]"""
import json, pathlib, shutil, struct, unittest

from support import Cli

SHIPPED = pathlib.Path("models") / "ranet-scenes.fovea"
N_SEEN, N_HELD_OUT, N_TEST = 60, 400, 300


def with_training(source, target, record):
    """Copies a model file under another record of its training."""
    data = pathlib.Path(source).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header["__metadata__"]["fovea.training"] = json.dumps(record)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(target).write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length:])


class Certificates(Cli):
    """One calibration with a certificate; its network says that it held out most of `train`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls.scratch / "scenes"
        cls.data.mkdir()
        for folder, n, seed in ((cls.scratch / "drawn", N_SEEN + N_HELD_OUT, 5), (cls.data / "test", N_TEST, 6)):
            cls().done("data", "make", "scenes", "--images", n, "--seed", seed, "-o", folder)
        cls().done("data", "pack", "--data", cls.scratch / "drawn", "--size", 64, "-o", cls.data / "train.fpack")
        cls.network = cls.scratch / "trained.fovea"
        with_training(SHIPPED, cls.network, {"recipe": "", "seed": 3, "n_train": N_SEEN, "n_val": N_HELD_OUT})
        cls.certified = cls.scratch / "certified.fovea"
        cls.calibrated = cls().call("calibrate", cls.network, "--data", cls.data, "--split", "val", "-o", cls.certified, "--max-drop", "15%",
                                    "--confidence", "80%", "--json")

    def runTest(self):
        """Lets setUpClass call the program."""

    def verified(self, *words, code=0):
        result = self.call("verify", self.certified, *words, "--json")
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads(result.stdout), result.stderr.decode()

    def test_calibrate_certifies_and_stores_the_policy(self):
        self.assertEqual(self.calibrated.returncode, 0, self.calibrated.stderr)
        self.assertNotIn(b"was trained on", self.calibrated.stderr)
        (certificate,) = json.loads(self.calibrated.stdout)["certificates"]
        self.assertEqual((certificate["name"], certificate["max_drop"], certificate["confidence"]), ("max-drop-15-80", 15, 80))
        self.assertEqual(certificate["n"], N_HELD_OUT // 2)
        self.assertLess(certificate["bound"], 15)
        info = json.loads(self.done("info", self.certified, "--json"))
        self.assertEqual(info["policies"]["max-drop-15-80"], certificate["policy"])
        record = json.loads(info["metadata"]["fovea.calibration"])
        self.assertEqual((record["n"], record["hold_out"], record["hold_out_seed"], record["trained_on"]), (N_HELD_OUT, N_HELD_OUT, 3, 0))
        self.assertEqual((len(record["samples"]), len(record["weights"])), (64, 64))

    def test_a_certificate_is_kept_on_new_samples(self):
        words = ["--data", self.data, "--split", "test", "--policy", "max-drop-15-80"]
        found, notes = self.verified(*words)
        self.assertEqual(found["certificate"]["verdict"], "kept")
        self.assertEqual(found["certificate"]["calibrated_on"], 0)
        self.assertNotIn("nothing new", notes)
        solved, _ = self.verified("--data", self.data, "--split", "test", "--max-drop", "15%", "--confidence", "80%")
        self.assertEqual(solved["policy"], found["policy"])
        self.assertEqual(solved["expected"]["n"], N_HELD_OUT // 2)
        self.assertIsNone(found["expected"])
        self.assertEqual(solved["certificate"], found["certificate"])

    def test_a_few_samples_leave_a_certificate_open(self):
        found, _ = self.verified("--data", self.data, "--split", "test", "--take", 4, "--policy", "max-drop-15-80")
        self.assertEqual(found["certificate"]["verdict"], "open")

    def test_samples_of_the_calibration_say_nothing_new(self):
        found, notes = self.verified("--data", self.data, "--split", "val", "--take", 50, "--policy", "max-drop-15-80")
        self.assertEqual(found["certificate"]["calibrated_on"], 50)
        self.assertIn("50 of these 50 samples are those of the model's calibration", notes)

    def test_samples_can_break_a_certificate(self):
        """Pictures that the policy answers otherwise than the last exit, whose answer is taken for their class."""
        last = len(json.loads(self.done("info", self.certified, "--json"))["exits"]) - 1
        answers = [[json.loads(line) for line in self.done("predict", self.certified, self.data / "test", *policy, "--json").splitlines()]
                   for policy in (["--policy", "max-drop-15-80"], ["--exit", last])]
        folder = self.scratch / "lost"
        for early, late in zip(*answers):
            self.assertEqual(early["file"], late["file"])
            if early["class"] != late["class"]:
                (folder / late["class"]).mkdir(parents=True, exist_ok=True)
                shutil.copy(early["file"], folder / late["class"])
        found, _ = self.verified("--data", folder, "--policy", "max-drop-15-80", code=5)
        self.assertEqual(found["certificate"]["verdict"], "broken")
        self.assertEqual(found["lost"], found["n"])
        self.refused(5, "verify", self.certified, "--data", folder, "--policy", "max-drop-15-80", says=["contradict the certificate"])

    def test_nothing_is_certified_on_what_was_trained_on(self):
        out = self.fresh(".fovea")
        for words in (["--split", "train"], ["--split", "val", "--hold-out-seed", 9]):
            common = ["calibrate", self.network, "--data", self.data, *words, "-o", out]
            self.refused(2, *common, "--max-drop", "15%", "--confidence", "80%", says=["trained on", "--split val"], absent=[out])
        told = self.call("calibrate", self.network, "--data", self.data, "--split", "train", "-o", out)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn(f"the model was trained on {N_SEEN} of these samples".encode(), told.stderr)
        self.refused(2, "eval", out, "--data", self.data, "--split", "test", "--max-drop", "15%", "--confidence", "80%", says=["trained on"])

    def test_an_accuracy_is_told_with_its_interval(self):
        curve = json.loads(self.calibrated.stdout)["curve"]
        aim = curve[len(curve) // 2]
        common = ["eval", self.certified, "--data", self.data, "--split", "test", "--take", 20]
        told = self.call(*common, "--accuracy", f"{aim['top1']}%", "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn(f"top-1 {aim['held_out']['top1']:.2f} % (95 % interval", told.stderr.decode())
        expected = json.loads(told.stdout)["expected"]
        self.assertAlmostEqual(expected["top1"], aim["held_out"]["top1"])
        self.assertLess(expected["top1_low"], expected["top1"])
        self.refused(2, *common, "--accuracy", "-5%", says=["out of range", "found -5%"])
        self.refused(2, *common, "--accuracy", "0.9", says=["perhaps 90%"])
        self.refused(2, *common, "--budget", "22", says=["out of range", "found 22"])
        self.refused(2, *common, "--budget", "0.00001ms", says=["out of range", "found 0.00001ms"])

    def test_a_study_takes_every_kind_of_policy(self):
        exits = json.loads(self.done("info", self.certified, "--json"))["exits"]
        middle = (exits[0]["macs_single"] + exits[-1]["macs_single"]) // 2
        svg = self.fresh(".svg")
        common = ["eval", self.certified, "--data", self.data, "--split", "test", "--take", 40, "--svg", svg, "--force"]
        judged = self.call(*common, "--budget", middle, "--json")
        self.assertEqual(judged.returncode, 0, judged.stderr)
        self.assertIn(f"--budget {middle}: ".encode(), judged.stderr)
        facts = json.loads(judged.stdout)
        self.assertIsNone(facts["adaptive"]["ms"])
        self.assertIn("thresholds", facts["policy"])
        self.assertEqual(len(facts["oracle"]), len(exits))
        self.assertGreaterEqual(facts["oracle"][-1]["top1"], max(point["top1"] for point in facts["anytime"]))
        self.assertGreaterEqual(facts["adaptive"]["random_top1"], 0)
        drawn = pathlib.Path(svg).read_text()
        for name in ("this policy", "first right exit (oracle)", "exits alone"):
            self.assertIn(f">{name}<", drawn)
        self.assertIn("adaptive: top-1", self.done(*common, "--budget", middle).decode())
        ran = json.loads(self.done(*common, "--budget", middle, "--mode", "executed", "--baseline", self.network, "--json"))
        self.assertEqual(ran["adaptive"]["counts"], facts["adaptive"]["counts"])
        for point in [ran["adaptive"], *ran["anytime"], *ran["baselines"]]:
            self.assertGreater(point["ms"], 0)
        self.assertGreater(json.loads(self.done(*common, "--deadline", "1s", "--json"))["adaptive"]["ms"], 0)
        self.refused(2, *common, "--budget", "1000000s", says=["out of range", "as measured"])


if __name__ == "__main__":
    unittest.main()
