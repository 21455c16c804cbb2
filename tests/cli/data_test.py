#!/usr/bin/env python3
"""Tests from outside of what reads data sets, calibrates and reports. usage: data_test.py PROGRAM [unittest options]"""
import hashlib, http.server, json, os, pathlib, shutil, signal, subprocess, tarfile, threading, time, unittest, xml.etree.ElementTree

from support import PROGRAM, Cli, png


class Data(Cli):
    def test_eval_and_verify(self):
        common = [self.model, "--data", self.pictures, "--threshold", "0.11,0.12", "--batch", 4]
        hindsight = json.loads(self.done("eval", *common, "--json"))
        executed = json.loads(self.done("eval", *common, "--mode", "executed", "--json"))
        self.assertEqual(hindsight["n"], 6)
        self.assertIsNone(hindsight["adaptive"]["ms"])
        self.assertGreater(executed["adaptive"]["ms"], 0)
        for key in ("top1", "mean_macs", "counts"):
            self.assertEqual(hindsight["adaptive"][key], executed["adaptive"][key])
        verified = json.loads(self.done("verify", *common, "--json"))
        self.assertEqual((verified["n"], verified["agree"], verified["disagree"]), (6, 6, []))
        self.assertGreater(verified["realisation"], 0)
        self.assertIn("6 of 6", self.done("verify", *common, "--executor", "reference").decode())

    def test_a_ledger_explains_the_wall_time(self):
        # A machine that stops the program between two clock reads spoils a pass, but not all of them.
        data = self.scratch / "ledger scenes"
        self.done("data", "make", "scenes", "--images", 64, "--seed", 5, "-o", data)
        shares = []
        for _ in range(8):
            ledger = json.loads(self.done("eval", "models/ranet-scenes.fovea", "--data", data, "--threshold", "0.7", "--mode", "executed",
                                          "--json"))["adaptive"]["ledger"]
            parts = sum(value for name, value in ledger.items() if name.endswith("_ms") and name not in ("wall_ms", "other_ms"))
            parts += sum(segment["ms"] for segment in ledger["segments"])
            self.assertAlmostEqual(parts + ledger["other_ms"], ledger["wall_ms"], places=6)
            shares.append(ledger["other_ms"] / ledger["wall_ms"])
            if 0 <= shares[-1] <= 0.02:
                return
        self.fail(f"'other' is more than 2 % of the wall time in every pass: {shares}")

    def test_calibrate_stores_policies(self):
        out = self.fresh(".fovea")
        self.refused(2, "calibrate", self.model, "--data", self.pictures, says=["--in-place"])
        self.done("calibrate", self.model, "--data", self.pictures, "-o", out, "--default", "official-1.00")
        policies = json.loads(self.done("info", out, "--json"))["policies"]
        self.assertEqual(len(policies), 40)
        self.assertEqual(policies["default"], policies["official-1.00"])
        self.refused(2, "verify", out, "--data", self.pictures, "--policy", "official-1.0", says=["official-1.00"])
        self.done("verify", out, "--data", self.pictures)
        shutil.copy(out, out + ".copy")
        self.done("calibrate", out + ".copy", "--data", self.pictures, "--in-place")

    def test_a_report_is_one_page_and_well_formed(self):
        data = self.scratch / "report scenes"
        self.done("data", "make", "scenes", "--images", 24, "--seed", 3, "-o", data)
        shipped = pathlib.Path("models") / "ranet-scenes.fovea"
        run = self.scratch / "run <1>"
        run.mkdir()
        shutil.copy(shipped, run / "model.fovea")
        lines = [{"kind": "epoch", "epoch": e, "lr": 0.1, "loss": 3 - e, "loss_per_exit": [2 - e, 1], "top1_per_exit": [50, 60 + e],
                  "val_top1_per_exit": [49, 58 + e]} for e in range(2)]
        (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        page, files = self.scratch / "r.html", self.scratch / "report files"
        words = ["report", run, "-o", page, "--data", data, "--compare", shipped, "--files", files, "--threshold", "0.6", "--samples-timed", 8, "--json"]
        facts = json.loads(self.done(*words))
        self.assertEqual(facts["model"]["data"]["n"], 24)
        self.assertEqual(sum(facts["model"]["data"]["chosen"]["counts"]), 24)
        self.assertEqual(facts, json.loads((files / "report.json").read_text()))
        self.assertEqual([p["counts"] for p in facts["model"]["data"]["fixed"]], [p["counts"] for p in facts["compare"]["data"]["fixed"]])
        text = page.read_text()
        root = xml.etree.ElementTree.fromstring(text)
        space = "{http://www.w3.org/1999/xhtml}"
        ids = [section.get("id") for section in root.iter(space + "section")]
        self.assertEqual(ids, ["compare", "accuracy", "exits", "reliability", "pictures", "confusion", "training", "layers", "ledger", "setup"])
        self.assertIn("run &lt;1&gt;", text)
        # Nothing is fetched: pictures are in the page, links stay inside.
        for element in root.iter():
            self.assertTrue(element.get("src", "data:image/png;base64,").startswith("data:image/png;base64,"))
            self.assertTrue(element.get("href", "#").startswith("#"))
            self.assertNotIn(element.tag, (space + "script", space + "link"))
        self.assertGreater(len(list(root.iter(space + "img"))), 10)
        names = [element.get("id") for element in root.iter() if element.get("id")]
        self.assertEqual(len(names), len(set(names)))
        figures = [figure.get("id").removeprefix("figure-") for figure in root.iter(space + "figure")]
        for name in figures:
            xml.etree.ElementTree.parse(files / (name + ".svg"))
            self.assertTrue((files / (name + ".csv")).exists(), name)
        self.assertIn("the policy of --threshold 0.6", text)
        self.assertRegex(facts["setup"]["date"], r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC$")
        self.assertEqual(facts["model"]["data"]["extent"], "")
        self.assertNotIn("Not all of the data", text)
        self.refused(4, *words, says=["exists"])
        self.refused(3, "report", self.scratch, "-o", self.scratch / "no.html", absent=[self.scratch / "no.html"])
        alone = self.scratch / "alone.html"
        self.done("report", shipped, "-o", alone)
        ids = [section.get("id") for section in xml.etree.ElementTree.fromstring(alone.read_text()).iter(space + "section")]
        self.assertEqual(ids, ["costs", "training", "layers", "setup"])
        self.done("report", shipped, "-o", alone, "--compare", pathlib.Path("models") / "ranet-small-cifar10.fovea", "--force")
        text = alone.read_text()
        self.assertIn("A: models/ranet-scenes.fovea", text)
        self.assertIn("B: models/ranet-small-cifar10.fovea", text)
        self.assertIn("86.28", text)  # the test accuracy that its training recorded

    def test_a_report_says_what_its_data_is(self):
        page = self.fresh(".html")
        words = ["report", self.model, "--data", self.pictures, "--samples-timed", 2, "-o", page, "--json", "--force"]
        # Three pictures a class, sorted: the first two are of one class.
        data = json.loads(self.done(*words, "--take", 2, "--corrupt", "blur:5"))["model"]["data"]
        self.assertEqual((data["n"], data["extent"]), (2, "only the first 2 of 6 samples, 1 of 10 classes"))
        self.assertIn("corrupted by blur:5", data["name"])
        text = pathlib.Path(page).read_text()
        self.assertIn("Not all of the data", text)
        self.assertIn("corrupted by blur:5", text)

    def test_a_report_refuses_before_it_measures(self):
        page = self.fresh(".html")
        calibrated = self.fresh(".fovea")
        self.done("calibrate", self.model, "--data", self.pictures, "-o", calibrated)
        exits = json.loads(self.done("info", self.model, "--json"))["exits"]
        budget = (exits[0]["macs_single"] + exits[-1]["macs_single"]) // 2
        # The unreadable picture would be met first, were anything measured before the options are checked.
        broken = self.scratch / "unreadable"
        shutil.copytree(self.pictures, broken)
        (broken / "cat" / "0.png").write_bytes(b"no picture")
        words = ["report", calibrated, "--data", broken, "-o", page]
        self.refused(3, *words, says=["0.png"], absent=[page])
        for options, says in ((["--deadline", "2ms"], "deadline"), (["--policy", '{"deadline_ms":2}'], "deadline"),
                              (["--deadline", "2ms", "--shift"], "--shift"), (["--corrupt", "blur:5", "--shift"], "--corrupt"),
                              (["--budget", "2ms", "--shift"], "multiply-adds"), (["--max-macs", "1", "--shift"], "first exit"),
                              (["--budget", budget, "--compare", self.model], "fovea calibrate"),
                              (["--budget", budget, "--shift", "--compare", self.model], "fovea calibrate"),
                              (["--exit", "99"], "exit"), (["--policy", "no-such"], "no-such")):
            self.refused(2, *words, *options, says=[says], absent=[page])
        self.refused(3, *words, "--compare", self.scratch / "missing.fovea", says=["missing.fovea"], absent=[page])

    def test_budgets_need_a_calibrated_model(self):
        for words in (["--budget", "30M"], ["--budget", "2ms"], ["--accuracy", "90%"], ["--max-drop", "1%"]):
            self.refused(2, "eval", self.model, "--data", self.pictures, *words, says=["fovea calibrate"])
        self.refused(2, "eval", self.model, "--data", self.pictures, "--budget", "much", says=["30M", "2ms"])
        self.refused(2, "eval", self.model, "--data", self.pictures, "--max-drop", "little")
        self.refused(2, "eval", self.model, "--data", self.pictures, "--confidence", "95%", says=["--max-drop"])

    def test_budgets_are_solved_from_the_file(self):
        out = self.fresh(".fovea")
        common = ["--data", self.pictures, "--batch", 4]
        told = json.loads(self.done("calibrate", self.model, *common, "-o", out, "--json"))
        self.assertEqual(len(told["segment_ms"]), 3)
        self.assertGreater(told["load_ms"], 0)
        self.assertTrue(told["curve"])
        exits = json.loads(self.done("info", out, "--json"))["exits"]
        least, most = exits[0]["macs_single"], exits[-1]["macs_single"]
        for budget in (least, (least + most) // 2, most):
            told = json.loads(self.done("eval", out, *common, "--budget", budget, "--json"))
            # Solved on half of the six samples: with all of them it can only be within the ends.
            self.assertLessEqual(told["adaptive"]["mean_macs"], exits[-1]["macs_needed"])
            self.assertGreaterEqual(told["adaptive"]["mean_macs"], least)
        for budget in (least - 1, most + 1, "1", "1000000s", "0.000001us"):
            lines = self.refused(2, "eval", out, *common, "--budget", budget, says=["out of range", "expected"])
            self.assertIn("(the first exit for everybody) to ", lines[0])
        self.refused(2, "eval", out, *common, "--accuracy", "101%", says=["out of range"])
        self.refused(2, "eval", out, *common, "--max-drop", "1%", says=["certifying samples"])
        self.refused(2, "eval", out, *common, "--max-drop", "100%", says=["out of range"])
        self.refused(2, "eval", out, *common, "--budget", most, "--threshold", "0.5", says=["--threshold"])
        self.refused(2, "eval", out, *common, "--budget", most, "--accuracy", "5%", says=["--accuracy"])
        middle = f"{(least + most) // 2}"
        picture = self.pictures / "cat" / "0.png"
        note = self.call("predict", out, picture, "--budget", middle).stderr.decode()
        self.assertIn(f"--budget {middle}: threshold", note)
        self.assertEqual(self.call("predict", out, picture, "--budget", middle, "--quiet").stderr, b"")
        self.done("verify", out, *common, "--budget", middle)
        self.done("plan", out, "--budget", middle)
        self.done("bench", out, "--budget", middle, "--seconds", "0.01")
        self.done("run", out, "--input", self.input, "-o", self.fresh(".safetensors"), "--budget", middle)
        self.done("eval", out, *common, "--accuracy", "0%")

    def test_calibrate_warns_of_few_samples(self):
        told = self.call("calibrate", self.model, "--data", self.pictures, "-o", self.fresh(".fovea"))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn(b"6 samples are few to choose thresholds on", told.stderr)
        self.assertIn(b"1000 and more make sense", told.stderr)
        quiet = self.call("calibrate", self.model, "--data", self.pictures, "-o", self.fresh(".fovea"), "--quiet")
        self.assertEqual(quiet.stderr, b"")

    def test_calibrate_says_how_many_samples_a_promise_needs(self):
        out = self.fresh(".fovea")
        self.refused(2, "calibrate", self.model, "--data", self.pictures, "-o", out, "--max-drop", "1%",
                     says=["drop of at most 1 % with confidence 95 %", "certifying samples"], absent=[out])

    def test_patience_runs_everywhere(self):
        common = [self.model, "--data", self.pictures, "--batch", 4, "--patience", 2]
        hindsight = json.loads(self.done("eval", *common, "--json"))["adaptive"]
        executed = json.loads(self.done("eval", *common, "--mode", "executed", "--json"))["adaptive"]
        for key in ("top1", "mean_macs", "counts"):
            self.assertEqual(hindsight[key], executed[key])
        self.assertEqual(hindsight["counts"][0], 0)
        self.done("verify", *common)
        self.done("predict", self.model, self.pictures / "cat" / "0.png", "--patience", 2)
        self.refused(2, "predict", self.model, self.pictures, "--patience", 3, says=["2 to 2 of the 3 exits asked"])
        self.refused(2, "predict", self.model, self.pictures, "--patience", 1, says=["2 to one less"])
        self.refused(2, "predict", self.model, self.pictures, "--patience", 2, "--exit", 1, says=["at least 3 exits"])

    def test_calibrate_changes_how_exits_are_scored(self):
        out, again = self.fresh(".fovea"), self.fresh(".fovea")
        common = ["--data", self.pictures, "--batch", 4]
        self.refused(2, "calibrate", self.model, *common, "-o", out, "--score", "surprise", says=["neg_entropy"],
                     absent=[out])
        told = json.loads(self.done("calibrate", self.model, *common, "-o", out, "--score", "margin",
                                    "--fit-temperature", "--default", "official-0.80", "--json"))
        self.assertEqual([each["metric"] for each in told["scoring"]], ["margin"] * 3)
        text = self.done("info", out, "--text").decode()
        for each in told["scoring"]:
            self.assertGreater(each["temperature"], 0)
            self.assertIn("before", each["calibration_error"])
        self.assertEqual(text.count("metric=margin temperature="), 3)
        self.done("verify", out, *common)
        self.done("verify", out, *common, "--executor", "reference")
        self.done("eval", out, *common, "--accuracy", "0%")
        picture = self.pictures / "cat" / "0.png"
        warm = json.loads(self.done("predict", out, picture, "--exit", 0, "--json"))
        plain = json.loads(self.done("predict", self.model, picture, "--exit", 0, "--json"))
        self.assertEqual(warm["class"], plain["class"])
        self.assertNotEqual(warm["confidence"], plain["confidence"])
        # Thresholds of the margin mean nothing to the entropy.
        told = self.call("calibrate", out, *common, "-o", again, "--score", "neg_entropy").stderr.decode()
        self.assertIn("no longer stored: default", told)
        self.assertEqual(len(json.loads(self.done("info", again, "--json"))["policies"]), 39)

    def test_verify_tells_the_drop(self):
        told = json.loads(self.done("verify", self.model, "--data", self.pictures, "--exit", 0, "--json"))
        self.assertIsNone(told["certificate"])
        self.assertAlmostEqual(told["drop"], 100 * (told["lost"] - told["gained"]) / 6)

    def test_scenes_packs_and_checks(self):
        folder, pack = self.fresh("-scenes"), self.fresh(".fpack")
        self.done("data", "make", "scenes", "--images", 12, "--seed", 3, "-o", folder)
        self.assertEqual(len(os.listdir(folder)), 13)
        self.refused(4, "data", "make", "scenes", "--images", 12, "-o", folder)
        self.done("data", "pack", "--data", folder, "--size", 32, "-o", pack)
        stats = json.loads(self.done("data", "stats", "--data", pack, "--json"))
        self.assertEqual((stats["n"], stats["height"]["max"]), (12, 32))
        self.assertTrue(json.loads(self.done("data", "check", "--data", folder, "--json"))["passed"])
        a, b = (json.loads(self.done("eval", self.model, "--data", d, "--json"))["exits"] for d in (folder, pack))
        self.assertEqual(a, b)

    def test_check_names_broken_pictures(self):
        copy = self.fresh("-copy")
        shutil.copytree(self.pictures, copy)
        pathlib.Path(copy, "cat", "9.png").write_bytes(b"nothing")
        result = self.call("data", "check", "--data", copy)
        self.assertEqual(result.returncode, 5)
        self.assertIn(b"9.png", result.stdout)

    def test_data_that_is_not_there(self):
        self.refused(3, "eval", self.model, "--data", "nowhere")
        self.refused(2, "eval", self.model, says=["--data"])
        self.refused(2, "data", "get", "cifar11", says=["cifar10"])
        archive = self.fresh(".tar.gz")
        pathlib.Path(archive).write_bytes(b"other bytes")
        self.refused(3, "data", "get", "cifar10", "--archive", archive, "-o", self.scratch / "got", says=["SHA-256 c4a38c50"], absent=[self.scratch / "got"])

    def test_a_broken_picture_stops_or_is_passed_over(self):
        copy = self.fresh("-broken")
        shutil.copytree(self.pictures, copy)
        pathlib.Path(copy, "cat", "9.png").write_bytes(b"nothing")
        self.refused(3, "eval", self.model, "--data", copy, says=["not a picture", "cat/9.png"])
        skipped = self.call("eval", self.model, "--data", copy, "--skip-broken", "--json")
        self.assertEqual(skipped.returncode, 0, skipped.stderr)
        self.assertEqual(json.loads(skipped.stdout)["n"], 6)
        self.assertIn(b"9.png", skipped.stderr)
        self.assertIn(b"1 picture cannot be read and is left out", skipped.stderr)
        calibrated, page = self.fresh(".fovea"), self.fresh(".html")
        for verb in (["verify"], ["doctor"], ["calibrate", "-o", calibrated], ["report", "-o", page]):
            words = [verb[0], self.model, *verb[1:], "--data", copy]
            if verb[0] != "doctor":
                self.refused(3, *words, says=["not a picture", "cat/9.png"])
            result = self.call(*words, "--skip-broken")
            self.assertIn(b"1 picture cannot be read and is left out", result.stderr, verb)
            if verb[0] != "doctor":  # whose findings about the machine may end otherwise
                self.assertEqual(result.returncode, 0, result.stderr)
        pack = self.fresh(".fpack")
        self.refused(3, "data", "pack", "--data", copy, "--size", 32, "-o", pack, says=["9.png"], absent=[pack])
        told = json.loads(self.done("data", "pack", "--data", copy, "--encoded", "--skip-broken", "-o", pack, "--json"))
        self.assertEqual((told["n"], told["encoded"], len(told["broken"])), (6, True, 1))
        encoded, folder = (json.loads(self.done("eval", self.model, "--data", d, "--json"))["exits"] for d in (pack, self.pictures))
        self.assertEqual(encoded, folder)

    def test_cifar_archives(self):
        source = pathlib.Path("tests/data/cifar")
        tar = self.fresh(".tar.gz")
        with tarfile.open(tar, "w:gz") as out:
            out.add(source / "cifar-10-batches-py", "cifar-10-batches-py")
        for data in (source / "cifar-10-batches-py", tar):
            checked = json.loads(self.done("data", "check", "--data", data, "--json"))
            self.assertEqual([(s["name"], s["n"], s["broken"]) for s in checked["splits"]], [("train", 10, []), ("test", 2, [])])
            self.assertTrue(checked["passed"])
            self.assertEqual(checked["label_base"], 0)
        self.assertEqual(json.loads(self.done("eval", self.model, "--data", tar, "--split", "test", "--json"))["n"], 2)
        val = json.loads(self.done("eval", self.model, "--data", tar, "--split", "val", "--hold-out", 3, "--json"))
        self.assertEqual(val["n"], 3)

    def test_check_finds_labels_counted_from_1(self):
        folder = pathlib.Path(self.fresh("-listed"))
        folder.mkdir()
        for i in range(2):
            (folder / f"{i}.png").write_bytes(png(8, 8, i + 1))
        (folder / "list.csv").write_text("file,label,class\n0.png,1,a\n1.png,2,b\n")
        result = self.call("data", "check", "--data", folder)
        self.assertEqual(result.returncode, 5)
        self.assertIn(b"labels are counted from 0", result.stdout)

    def listed(self, *rows):
        folder = pathlib.Path(self.fresh("-listed"))
        folder.mkdir()
        for i, row in enumerate(rows):
            (folder / f"{i}.png").write_bytes(png(8, 8, i + 1))
        (folder / "list.csv").write_text("file,label,class\n" + "".join(f"{i}.png,{row}\n" for i, row in enumerate(rows)))
        return folder

    def test_check_goes_on_behind_the_first_fault(self):
        copy = pathlib.Path(self.fresh("-faults"))
        shutil.copytree(self.pictures, copy)
        for name in ("ant", "cow"):
            (copy / name).mkdir()
        (copy / "cat" / "9.png").write_bytes(b"nothing")
        shutil.copy(copy / "cat" / "0.png", copy / "dog" / "9.png")
        result = self.call("data", "check", "--data", copy)
        self.assertEqual(result.returncode, 5)
        for text in (b"/ant", b"/cow", b"9.png", b"1 group of equal pictures, 1 of them"):
            self.assertIn(text, result.stdout)
        self.assertIn(b"found 1 broken picture, 1 group of equal pictures across splits or classes, 2 other faults", result.stderr)
        told = json.loads(self.call("data", "check", "--data", copy, "--split", "train", "--json").stdout)
        self.assertEqual((told["passed"], len(told["faults"]), told["classes"]), (False, 2, ["cat", "dog", "ant", "cow"]))

    def test_check_finds_lists_whose_labels_do_not_fit(self):
        for rows, says in ((("0,a", "5,b"), b"no picture has label 1, 2, 3, 4"), (("0,a", "1,a"), b"several labels have the class 'a': 0, 1")):
            result = self.call("data", "check", "--data", self.listed(*rows))
            self.assertEqual(result.returncode, 5)
            self.assertIn(says, result.stdout)
            self.assertIn(b"found 1 other fault", result.stderr)
        self.done("data", "check", "--data", self.listed("0,a", "1,b"))

    def test_check_finds_a_damaged_pack(self):
        pack = pathlib.Path(self.fresh(".fpack"))
        self.done("data", "pack", "--data", self.pictures, "--size", 32, "-o", pack)
        self.done("data", "check", "--data", pack)
        damaged = bytearray(pack.read_bytes())
        damaged[5000] ^= 1
        pack.write_bytes(damaged)
        result = self.call("data", "check", "--data", pack)
        self.assertEqual(result.returncode, 5)
        self.assertIn(b"the pack's content does not match its hash", result.stdout)

    def test_a_list_is_training_data_alone(self):
        folder = self.listed("0,a", "1,b")
        self.assertEqual(json.loads(self.done("data", "stats", "--data", folder, "--split", "train", "--json"))["n"], 2)
        for split in ("test", "banana"):
            self.refused(3, "data", "stats", "--data", folder, "--split", split, says=[f"no split '{split}'"])
        whole = self.fresh("-splits")
        for split in ("train", "test"):
            shutil.copytree(folder if split == "train" else self.listed("0,a", "1,b", "1,b"), os.path.join(whole, split))
        checked = json.loads(self.call("data", "check", "--data", whole, "--json").stdout)
        self.assertEqual([(s["name"], s["n"]) for s in checked["splits"]], [("train", 2), ("test", 3)])

    def test_curves_and_sizes(self):
        boxes, svg = self.fresh(".txt"), self.fresh(".svg")
        scenes = self.fresh("-scenes")
        self.done("data", "make", "scenes", "--images", 40, "--size", 32, "-o", scenes)
        common = [self.model, "--data", scenes, "--split", "val", "--hold-out", 10]
        told = json.loads(self.done("eval", *common, "--budgeted", "--mode", "executed", "--baseline", self.model, "--svg", svg,
                                    "--boxes", os.path.join(scenes, "list.csv"), "--json"))
        self.assertEqual((told["n"], told["n_val"], len(told["rows"])), (10, 10, 39))
        for row in told["rows"]:
            self.assertEqual(row["executed"]["counts"], row["test"]["counts"])
            executed, judged = row["executed"]["mean_macs"], row["test"]["mean_macs"]
            # An exit that nobody may take is switched off: its head, which the published costs hold, is not run.
            self.assertLessEqual(executed, judged * (1 + 2e-7))
            if max(row["thresholds"][:-1]) < 1e8:
                self.assertAlmostEqual(executed, judged, delta=2e-7 * judged)
        self.assertEqual(len(told["baselines"]), len(told["anytime"]) + 1)
        self.assertEqual(told["baselines"][-1]["top1"], told["anytime"][-1]["top1"])
        self.assertEqual(sum(each["n"] for each in told["by_size"]), 10)
        self.assertIn("budgeted batch, executed", pathlib.Path(svg).read_text())
        self.refused(4, "eval", *common, "--svg", svg)
        self.assertIn("object's side", self.done("eval", *common, "--boxes", os.path.join(scenes, "list.csv")).decode())
        pathlib.Path(boxes).write_text("000000.png,5,5,1,1\n")
        self.refused(3, "eval", *common, "--boxes", boxes, says=[":1", "x0 <= x1"])
        self.refused(3, "eval", *common, "--boxes", "nowhere.txt", says=["nowhere.txt"])

    def test_doctor(self):
        told = json.loads(self.done("doctor", self.model, "--data", self.pictures, "--json"))
        self.assertGreaterEqual(told["threads"], 1)
        self.assertIn("pays", told)
        self.assertGreater(told["fma_gflops"], 0)
        single = self.fresh(".fovea")
        self.done("init", "--network", "resnet20-cifar10", "-o", single)
        self.assertIs(json.loads(self.done("doctor", single, "--json"))["pays"], False)


class Server:
    """Files of a folder on the loopback address; a name that begins with `short` ends before its length."""
    def __init__(self, folder):
        stalls = self
        self.reached, self.over = threading.Event(), threading.Event()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def copyfile(self, source, target):
                data = source.read()
                if "/stalls" in self.path:
                    target.write(data[:1])
                    target.flush()
                    stalls.reached.set()
                    stalls.over.wait()
                    return
                target.write(data[:len(data) // 2] if "/short" in self.path else data)

            def log_message(self, *arguments):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error):
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@unittest.skipUnless(shutil.which("curl") or shutil.which("wget"), "no program that downloads")
class Getting(Cli):
    def test_from_a_server(self):
        served = pathlib.Path(self.fresh("-served"))
        served.mkdir()
        for name in ("toy.tar.gz", "short.tar.gz"):
            with tarfile.open(served / name, "w:gz") as out:
                out.add("tests/data/cifar/cifar-100-python", "cifar-100-python")
        bytes_ = (served / "toy.tar.gz").read_bytes()
        digest = hashlib.sha256(bytes_).hexdigest()
        folder = pathlib.Path(self.fresh("-got"))
        with Server(served) as url:
            told = json.loads(self.done("data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", digest, "-o", folder, "--json"))
            self.assertEqual(told["sha256"], digest)
            self.assertEqual(sorted(os.listdir(folder)), ["meta", "test", "train"])
            self.assertEqual((folder / "train").read_bytes(), pathlib.Path("tests/data/cifar/cifar-100-python/train").read_bytes())
            self.assertEqual(json.loads(self.done("data", "stats", "--data", folder, "--split", "train", "--json"))["n"], 3)
            self.refused(4, "data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", digest, "-o", folder, says=["exists"])
            self.done("data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", digest, "-o", folder, "--force")
            fresh = self.scratch / "never"
            wrong = "0" * 64
            self.refused(3, "data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", wrong, "-o", fresh, "--quiet",
                         says=["not the published one", wrong, digest], absent=[fresh])
            self.refused(3, "data", "get", "cifar10", "--url", url + "/toy.tar.gz", "-o", fresh, "--quiet", says=["c4a38c50"], absent=[fresh])
            self.refused(3, "data", "get", "toy", "--url", url + "/absent.tar.gz", "--sha256", digest, "-o", fresh, "--quiet",
                         says=["cannot be downloaded", "absent.tar.gz"], absent=[fresh])
            self.refused(3, "data", "get", "toy", "--url", url + "/short.tar.gz", "--sha256", digest, "-o", fresh, "--quiet", absent=[fresh])
            self.assertEqual([n for n in os.listdir(self.scratch) if n.startswith("never")], [])
        self.refused(3, "data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", digest, "-o", fresh, "--quiet", says=["cannot be downloaded"])

    def packed(self, name, files):
        archive = pathlib.Path(self.fresh("-" + name + ".tar"))
        with tarfile.open(archive, "w") as out:
            for path, text in files.items():
                source = pathlib.Path(self.fresh(".txt"))
                source.write_text(text)
                out.add(source, path)
        return ["data", "get", "own", "--archive", archive, "--sha256", hashlib.sha256(archive.read_bytes()).hexdigest(), "--quiet"]

    def test_force_replaces_nothing_that_is_not_the_archives(self):
        get = self.packed("own", {"top/a.txt": "a", "top/sub/b.txt": "b"})
        folder = pathlib.Path(self.fresh("-mine"))
        self.done(*get, "-o", folder)
        (folder / "a.txt").write_text("changed")
        (folder / "sub" / "b.txt").unlink()
        self.done(*get, "-o", folder, "--force")
        self.assertEqual((folder / "a.txt").read_text() + (folder / "sub" / "b.txt").read_text(), "ab")
        (folder / "sub" / "thesis.txt").write_text("mine")
        (folder / "a.txt").write_text("changed")
        self.refused(4, *get, "-o", folder, "--force", says=["not of this archive", "found sub/thesis.txt"])
        self.assertEqual((folder / "sub" / "thesis.txt").read_text() + (folder / "a.txt").read_text(), "minechanged")
        file = pathlib.Path(self.fresh(".txt"))
        file.write_text("mine")
        self.refused(4, *get, "-o", file, "--force", says=["a file is where the folder is to be"])
        self.assertEqual([n for n in os.listdir(self.scratch) if ".part-" in n], [])

    def test_an_interrupt_ends_the_download(self):
        served = pathlib.Path(self.fresh("-served"))
        served.mkdir()
        (served / "stalls.tar.gz").write_bytes(bytes(10000))
        folder = pathlib.Path(self.fresh("-got"))
        server = Server(served)
        with server as url:
            child = subprocess.Popen([PROGRAM, "data", "get", "toy", "--url", url + "/stalls.tar.gz", "--sha256", "0" * 64, "-o", folder],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.assertTrue(server.reached.wait(60))
            child.send_signal(signal.SIGTERM)
            # The server does not go on until the program has ended.
            told = child.communicate(timeout=120)[1]
        self.assertEqual(child.returncode, 130)
        self.assertIn(b"interrupted", told)
        self.assertEqual([n for n in os.listdir(self.scratch) if n.startswith(folder.name)], [])

    def test_words(self):
        for name in ("../toy", "a/b", "..", ""):
            self.refused(2, "data", "get", name, "--url", "http://127.0.0.1:1/x", "--sha256", "0" * 64, says=["without '/'"])
        self.refused(2, "data", "get", "toy", "--url", "http://127.0.0.1:1/x", says=["--sha256"])
        self.refused(2, "data", "get", "cifar10", "--sha256", "abc", says=["64 hexadecimal digits"])


if __name__ == "__main__":
    unittest.main()
