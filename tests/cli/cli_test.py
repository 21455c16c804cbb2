#!/usr/bin/env python3
"""Tests the program from outside: words, exit codes, files, streams. usage: cli_test.py PROGRAM [unittest options]"""
import hashlib, http.server, json, os, pathlib, resource, shutil, signal, struct, subprocess, sys, tarfile, tempfile, threading, time, unittest, xml.etree.ElementTree, zlib

PROGRAM = os.path.abspath(sys.argv.pop(1))
NETWORK = ["--network", "ranet", "--set", "nBlocks=1", "--set", "block_step=1", "--set", "step=2", "--set", "stepmode=lg",
           "--set", "nChannels=4", "--set", "growthRate=5", "--set", "cls_hidden=16"]
VERBS = ["predict", "run", "eval", "verify", "calibrate", "report", "train", "info", "plan", "bench", "doctor", "init", "import", "export",
         "data make", "data pack", "data check", "data stats", "data get"]


def write_tensors(path, tensors):
    """name -> (dtype, shape, bytes)"""
    header, body = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def read_tensors(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {k: (v["dtype"], v["shape"], data[8 + length + v["data_offsets"][0]:8 + length + v["data_offsets"][1]]) for k, v in header.items()}


def integers(tensor):
    return list(struct.unpack(f"<{len(tensor[2]) // 8}q", tensor[2]))


def png(width, height, value=90):
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    rows = b"".join(b"\0" + bytes((x * 7 + y * value) % 256 for x in range(width * 3)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="fovea cli é "))
        cls.model = cls.scratch / "m.fovea"
        subprocess.run([PROGRAM, "init", *NETWORK, "-o", cls.model, "--quiet"], check=True)
        n = 5
        values = [((i * 7919) % 2001 - 1000) / 500 for i in range(n * 3 * 32 * 32)]
        cls.input = cls.scratch / "x.safetensors"
        write_tensors(cls.input, {"input": ("F32", [n, 3, 32, 32], struct.pack(f"<{len(values)}f", *values))})
        cls.pictures = cls.scratch / "pictures"
        for label in ("cat", "dog"):
            (cls.pictures / label).mkdir(parents=True)
            for i in range(3):
                (cls.pictures / label / f"{i}.png").write_bytes(png(40, 33, 31 * i + len(label) + ord(label[0])))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)

    def call(self, *words, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([PROGRAM, *map(os.fspath, map(lambda w: w if isinstance(w, (bytes, os.PathLike)) else str(w), words))],
                              capture_output=True, timeout=300, **options)

    def done(self, *words, **options):
        result = self.call(*words, **options)
        self.assertEqual(result.returncode, 0, (words, result.stderr))
        return result.stdout

    def refused(self, code, *words, says=(), absent=()):
        result = self.call(*words)
        lines = result.stderr.decode(errors="replace").splitlines()
        self.assertEqual(result.returncode, code, (words, lines))
        self.assertTrue(lines and lines[0].startswith("fovea: error: "), lines)
        self.assertLessEqual(len(lines), 2, lines)
        self.assertTrue(len(lines) == 1 or lines[1].startswith("hint: "), lines)
        for text in says:
            self.assertIn(text, "\n".join(lines))
        for path in absent:
            self.assertFalse(os.path.exists(path), path)
        return lines

    def fresh(self, suffix):
        handle, path = tempfile.mkstemp(suffix=suffix, dir=self.scratch)
        os.close(handle)
        os.unlink(path)
        return path


class Words(Cli):
    def test_version_and_help(self):
        self.assertEqual(self.done("--version"), b"fovea 0.1.0\n")
        text = self.done("--help").decode()
        for verb in VERBS:
            self.assertIn(verb, text)
            help_text = self.done(*verb.split(), "--help").decode()
            self.assertIn("fovea " + verb, help_text)
            self.assertGreater(len(help_text), 200)
            self.assertEqual(self.done("help", *verb.split()).decode(), help_text)
        self.assertIn("fovea data pack", self.done("data", "--help").decode())

    def test_starts_in_50_ms(self):
        def once():  # processor time, so that neighbours on the machine do not count
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.done("--version")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.assertLess(min(once() for _ in range(15)), 0.05)

    def test_nearest_words(self):
        self.refused(2, "predikt", says=["predict"])
        self.refused(2, "data", "pak", says=["data pack"])
        self.refused(2, "data", says=["data make"])
        self.refused(2, "run", self.model, "--inptu", "a", says=["--input"])
        self.refused(2, "info", "--network", "resnet19", says=["resnet18"])
        self.refused(2, "info", "--network", "ranet", "--set", "growthRat=6", says=["growthRate"])
        self.refused(2, says=["no verb"])
        self.refused(2, "run", self.model, "--input", self.input, "-o", self.fresh(".safetensors"), "--executor", "runtme", says=["runtime"])
        self.refused(2, "run", self.model, "--input", self.input, "-o", self.fresh(".safetensors"), "--tap", "frist.0", says=["first.0"])

    def test_missing_and_surplus_words(self):
        self.refused(2, "info", says=["MODEL"])
        self.refused(2, "info", self.model, "more")
        self.refused(2, "run", self.model, "--output", "o", says=["--input"])
        self.refused(2, "run", self.model, "--input", self.input, says=["-o B.safetensors"])
        self.refused(2, "predict", self.model, says=["picture"])
        self.refused(2, "info", "--set", "a=1", self.model, says=["--network"])
        self.refused(2, "info", "--network", "ranet", "--graph", "g")
        self.refused(2, "run", "--network", "resnet18", "--input", self.input, "-o", self.fresh(".safetensors"), says=["no weights"])

    def test_messages_stay_on_one_line(self):
        self.refused(2, "in\nfo")
        self.refused(3, "info", "a\nb")
        self.refused(3, "info", b"\xff\xfe.fovea", says=["\\xff"])


class Files(Cli):
    def test_outputs_are_refused_before_anything_is_done(self):
        there = self.fresh(".fovea")
        pathlib.Path(there).write_text("mine")
        self.refused(4, "init", *NETWORK, "-o", there, says=["--force"])
        self.refused(4, "import", "absent", "--network", "ranet", "-o", there)
        self.refused(4, "run", "absent", "--input", "absent", "-o", there)
        self.refused(4, "export", "absent", "--onnx", there)
        self.refused(4, "info", "absent", "--svg", there)
        self.refused(4, "calibrate", "absent", "--data", "absent", "-o", there)
        self.refused(4, "data", "pack", "--data", "absent", "-o", there)
        self.assertEqual(pathlib.Path(there).read_text(), "mine")
        self.done("init", *NETWORK, "-o", there, "--force")
        self.refused(4, "init", *NETWORK, "-o", self.scratch / "no" / "m.fovea", says=["no such folder"])
        self.refused(4, "init", *NETWORK, "-o", self.scratch)

    def test_a_full_disk_leaves_nothing(self):
        self.refused(4, "init", *NETWORK, "-o", "/dev/full")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, "info", self.model], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 4)
        self.assertTrue(result.stderr.startswith(b"fovea: error: "))

    def test_equal_seeds_give_equal_files(self):
        paths = [self.fresh(".fovea") for _ in range(3)]
        for path, seed in zip(paths, (1, 1, 2)):
            self.done("init", *NETWORK, "--seed", seed, "-o", path)
        a, b, c = (pathlib.Path(p).read_bytes() for p in paths)
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_text_form_reads_back(self):
        text, path = self.done("info", self.model, "--text"), self.fresh(".txt")
        pathlib.Path(path).write_bytes(text)
        self.assertEqual(self.done("info", "--graph", path, "--text"), text)
        pathlib.Path(path).write_bytes(text[: len(text) // 2])
        self.refused(3, "info", "--graph", path, says=[os.path.basename(path)])

    def test_list_names_networks_that_can_be_made(self):
        told = json.loads(self.done("info", "--list", "--json"))
        self.assertIn("ranet-a-cifar10", told["networks"])
        self.assertIn("growthRate", [s["name"] for s in told["families"]["ranet"]])
        self.done("info", "--network", told["networks"][-1])
        self.assertIn(b"growthRate", self.done("info", "--list"))

    def test_drawing_is_xml(self):
        import xml.dom.minidom
        path = self.fresh(".svg")
        self.done("info", self.model, "--svg", path)
        drawing = xml.dom.minidom.parse(path)
        words = [t.firstChild.data for t in drawing.getElementsByTagName("text") if t.firstChild]
        for exit_ in range(3):
            self.assertTrue(any(f"exit {exit_}" in word for word in words), words)

    def test_info_of_a_file(self):
        info = json.loads(self.done("info", self.model, "--tensors", "--json"))
        self.assertEqual(info["input"], [3, 32, 32])
        self.assertEqual(len(info["exits"]), 3)
        self.assertEqual(info["policies"], {})
        self.assertTrue(any(t["dtype"] == "I64" and t["shape"] == [] for t in info["tensors"]))
        for exit_ in info["exits"]:
            self.assertLessEqual(exit_["macs_single"], exit_["macs_needed"])
            self.assertLessEqual(exit_["macs_needed"], exit_["macs"])

    def test_export_writes_all_or_refuses(self):
        onnx, folder = self.fresh(".onnx"), self.fresh("-exits")
        self.done("export", self.model, "--onnx", onnx, "--per-exit", folder)
        self.assertEqual(sorted(os.listdir(folder)), [f"exit.{e}.onnx" for e in range(3)])
        again = self.fresh(".onnx")
        self.refused(4, "export", self.model, "--onnx", again, "--per-exit", folder, absent=[again])


class Running(Cli):
    def run_model(self, *words):
        out = self.fresh(".safetensors")
        self.done("run", self.model, "--input", self.input, "--output", out, *words)
        return read_tensors(out)

    def test_outputs_with_and_without_a_policy(self):
        self.assertEqual(sorted(self.run_model()), ["logits.0", "logits.1", "logits.2"])
        self.assertEqual(sorted(self.run_model("--threshold", "0.5")), ["exit", "logits", "macs", "score"])
        both = self.run_model("--tap", "first.0", "--exit", "0")
        self.assertEqual(both["first.0"][1][0], 5)
        self.assertEqual(set(integers(both["exit"])), {0})

    def test_executors_agree(self):
        runtime, reference = self.run_model(), self.run_model("--executor", "reference", "--batch", "2")
        for name in runtime:
            a, b = (struct.unpack(f"<{len(t[name][2]) // 4}f", t[name][2]) for t in (runtime, reference))
            self.assertLess(max(abs(x - y) for x, y in zip(a, b)), 5e-5)

    def test_batch_and_threads_change_no_bit(self):
        whole = self.run_model()
        for words in (["--batch", 1], ["--batch", 3, "--threads", 2], ["--threads", 4]):
            self.assertEqual(self.run_model(*words), whole)

    def test_a_trace_is_replayed(self):
        trace = self.fresh(".trace")
        first = self.run_model("--threshold", "0.11", "--trace", trace)
        self.assertEqual(integers(read_tensors(trace)["exit"]), integers(first["exit"]))
        self.assertEqual(self.run_model("--policy", json.dumps({"replay": trace})), first)
        again = self.run_model("--policy", json.dumps({"replay": trace}), "--executor", "reference", "--batch", 2)
        self.assertEqual(again["exit"], first["exit"])
        self.refused(2, "run", self.model, "--input", self.input, "-o", self.fresh(".safetensors"), "--trace", self.fresh(".trace"),
                     "--policy", json.dumps({"replay": os.fspath(self.input)}))

    def test_policies_that_do_not_fit(self):
        out = self.fresh(".safetensors")
        for words in (["--threshold", "1.5"], ["--threshold", "-0.1"], ["--threshold=nan"], ["--threshold", "x"], ["--exit", "3"], ["--exit", "-1"],
                      ["--max-macs", "1"], ["--deadline", "-1ms"], ["--policy", "{"], ["--policy", '{"exits":1}'], ["--policy", "nobody"],
                      ["--threshold", "0.1,0.2,0.3,0.4"], ["--batch", "0"], ["--threads", "0"]):
            self.refused(2, "run", self.model, "--input", self.input, "--output", out, *words, absent=[out])
        self.refused(2, "run", self.model, "--input", self.input, "--output", out, "--policy", '{"exits":1}', says=["exit"])
        self.refused(3, "run", self.model, "--input", self.input, "--output", out, "--policy", "absent.json")

    def test_inputs_that_do_not_fit(self):
        bad, out = self.fresh(".safetensors"), self.fresh(".safetensors")
        for tensors in ({}, {"input": ("F32", [1, 3, 32], bytes(384))}, {"input": ("I64", [1], bytes(8))}, {"input": ("F32", [0, 3, 32, 32], b"")}):
            write_tensors(bad, tensors)
            self.refused(3, "run", self.model, "--input", bad, "--output", out, says=[os.path.basename(bad)], absent=[out])

    def test_caps_and_deadlines(self):
        info = json.loads(self.done("info", self.model, "--json"))
        capped = self.run_model("--max-macs", info["exits"][1]["macs_needed"])
        self.assertEqual(set(integers(capped["exit"])), {1})
        self.assertEqual(set(integers(self.run_model("--deadline", "0ms")["exit"])), {0})
        self.assertEqual(set(integers(self.run_model("--deadline", "1000s")["exit"])), {2})

    def test_plan_and_bench(self):
        plan = json.loads(self.done("plan", self.model, "--batch", "4", "--explain", "--json"))
        self.assertEqual(plan["micro_batch"], 4)
        self.assertEqual(len(plan["steps"]), plan["n_steps"])
        self.assertEqual(plan["asked"], [0, 1, 2])
        bench = json.loads(self.done("bench", self.model, "--seconds", "0.01", "--layers", "--threads", "1", "--json"))
        info = json.loads(self.done("info", self.model, "--json"))
        self.assertEqual([e["macs"] for e in bench["exits"]], [e["macs_single"] for e in info["exits"]])
        self.assertTrue(bench["layers"])


class Pictures(Cli):
    def lines(self, *words, code=0, **options):
        result = self.call("predict", self.model, *words, "--json", **options)
        self.assertEqual(result.returncode, code, result.stderr)
        return [json.loads(line) for line in result.stdout.decode().splitlines()]

    def test_folders_lists_and_globs_in_order(self):
        folder = self.lines(self.pictures)
        self.assertEqual([os.path.relpath(a["file"], self.pictures) for a in folder], [f"{c}/{i}.png" for c in ("cat", "dog") for i in range(3)])
        names = "\n".join(a["file"] for a in reversed(folder))
        with tempfile.TemporaryFile() as list_:
            list_.write(names.encode())
            list_.seek(0)
            listed = self.lines("-", "--batch", 4, stdin=list_)
        keys = ("file", "index", "confidence", "exit", "macs")
        self.assertEqual([[a[k] for k in keys] for a in listed], [[a[k] for k in keys] for a in reversed(folder)])
        self.assertEqual(len(self.lines(str(self.pictures / "*" / "1.png"))), 2)
        top = self.lines(self.pictures / "cat" / "0.png", "--topk", 3)[0]["top"]
        self.assertEqual(len(top), 3)
        self.assertGreaterEqual(top[0]["confidence"], top[1]["confidence"])

    def test_bad_pictures_are_named_and_passed_over(self):
        odd = os.path.join(os.fsencode(self.scratch), b"odd\xff.png")
        with open(odd, "wb") as file:
            file.write(png(5, 9))
        cut = self.scratch / "cut.png"
        cut.write_bytes(png(50, 50)[:80])
        answers = self.lines(cut, odd, self.scratch / "absent.png", code=3)
        self.assertEqual(answers[0]["error"]["kind"], "bad_input")
        self.assertIn("odd\\xff.png", answers[1]["file"])
        self.assertIn("index", answers[1])
        self.assertIn("message", answers[2]["error"])
        big = self.lines(self.pictures / "cat" / "0.png", "--max-pixels", 100, code=3)
        self.assertIn("error", big[0])

    def test_a_ledger_says_where_the_time_went(self):
        parts = ["decode_ms", "transform_ms", "input_ms", "network_ms", "decision_ms", "waiting_ms", "other_ms"]
        for executor in ("runtime", "reference"):
            lines = [json.loads(line) for line in self.done(
                "predict", self.model, self.pictures, "--json", "--ledger", "--batch", 4, "--executor", executor).splitlines()]
            self.assertEqual(len(lines), 7)
            for ledger in (line["ledger"] for line in lines):
                known = [ledger[part] for part in parts] + [segment["ms"] for segment in ledger["segments"]]
                self.assertAlmostEqual(sum(known) + ledger.get("output_ms", 0), ledger["wall_ms"], places=6)
                self.assertTrue(all(ms >= -1e-6 for ms in known), ledger)
                self.assertGreater(ledger["decode_ms"], 0)
                self.assertEqual(executor == "runtime", bool(ledger["segments"]))
            self.assertTrue(all("file" in line for line in lines[:-1]) and "file" not in lines[-1])
        plain = json.loads(self.done("predict", self.model, self.pictures / "cat" / "0.png", "--json"))
        self.assertNotIn("ledger", plain)
        text = self.done("predict", self.model, self.pictures, "--ledger").decode().splitlines()
        self.assertEqual([text[-1].split()[0], text[-2].split()[0]], ["wall", "other"])

    def test_columns_for_people(self):
        result = self.call("predict", self.model, self.pictures, "--threshold", "0")
        rows = [line.split() for line in result.stdout.decode().splitlines()]
        self.assertEqual(rows[0], ["file", "class", "confidence", "exit", "Mmacs", "ms"])
        self.assertEqual(len(rows), 7)
        self.assertTrue(all(row[-3] == "0" for row in rows[1:]))
        self.assertEqual(result.stderr, b"")

    def test_a_closed_pipe_is_silent(self):
        files = " ".join(["'%s'" % self.pictures] * 40)
        result = subprocess.run(["bash", "-c", f"'{PROGRAM}' predict '{self.model}' {files} --json | head -n 1"], capture_output=True)
        self.assertEqual(result.stderr, b"")
        self.assertEqual(len(result.stdout.splitlines()), 1)

    def test_answers_come_while_the_list_is_open(self):
        program = subprocess.Popen([PROGRAM, "predict", self.model, "-", "--batch", "1", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            for name in ("0.png", "1.png"):
                program.stdin.write(os.fsencode(self.pictures / "cat" / name) + b"\n")
                program.stdin.flush()
                self.assertIn(name, json.loads(program.stdout.readline())["file"])
            program.stdin.close()
            self.assertEqual(program.wait(60), 0)
        finally:
            program.kill()
            program.stdout.close()


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
        self.assertEqual(ids, ["accuracy", "compare", "exits", "reliability", "pictures", "confusion", "training", "layers", "ledger", "setup"])
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
        self.refused(4, *words, says=["exists"])
        self.refused(3, "report", self.scratch, "-o", self.scratch / "no.html", absent=[self.scratch / "no.html"])
        alone = self.scratch / "alone.html"
        self.done("report", shipped, "-o", alone)
        ids = [section.get("id") for section in xml.etree.ElementTree.fromstring(alone.read_text()).iter(space + "section")]
        self.assertEqual(ids, ["training", "layers", "setup"])

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
        lines = self.call("predict", out, self.pictures, "--budget", budget, "--control").stderr.decode()
        self.assertIn("--control: ", lines)
        self.assertIn("over 6 pictures", lines)
        cap = exits[0]["macs_needed"]
        capped = self.done("predict", out, self.pictures, "--budget", budget, "--control", "--max-macs", cap, "--json")
        self.assertLessEqual(max(json.loads(line)["macs"] for line in capped.splitlines()), cap)
        self.refused(2, "eval", out, *common, "--control", says=["--budget N"])
        self.refused(2, "eval", out, *common, "--control", "--budget", "2ms", says=["multiply-adds"])
        self.refused(2, "eval", out, *common, "--control", "--budget", budget, "--deadline", "2ms", says=["deadline"])
        self.refused(2, "eval", out, *common, "--control", "--budget", "1", says=["out of range"])
        self.refused(2, "predict", self.model, self.pictures, "--control", "--budget", budget, says=["fovea calibrate"])

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
            self.assertAlmostEqual(row["executed"]["mean_macs"], row["test"]["mean_macs"], delta=2e-7 * row["test"]["mean_macs"])
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
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def copyfile(self, source, target):
                data = source.read()
                target.write(data[:len(data) // 2] if "/short" in self.path else data)

            def log_message(self, *arguments):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error):
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
            self.refused(3, "data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", wrong, "-o", fresh,
                         says=["not the published one", wrong, digest], absent=[fresh])
            self.refused(3, "data", "get", "cifar10", "--url", url + "/toy.tar.gz", "-o", fresh, says=["c4a38c50"], absent=[fresh])
            self.refused(3, "data", "get", "toy", "--url", url + "/absent.tar.gz", "--sha256", digest, "-o", fresh,
                         says=["cannot be downloaded", "absent.tar.gz"], absent=[fresh])
            self.refused(3, "data", "get", "toy", "--url", url + "/short.tar.gz", "--sha256", digest, "-o", fresh, absent=[fresh])
            self.assertEqual([n for n in os.listdir(self.scratch) if n.startswith("never")], [])
        self.refused(3, "data", "get", "toy", "--url", url + "/toy.tar.gz", "--sha256", digest, "-o", fresh, says=["cannot be downloaded"])

    def test_words(self):
        self.refused(2, "data", "get", "toy", "--url", "http://127.0.0.1:1/x", says=["--sha256"])
        self.refused(2, "data", "get", "cifar10", "--sha256", "abc", says=["64 hexadecimal digits"])


class Interrupting(Cli):
    def test_ctrl_c_ends_with_130_and_leaves_nothing(self):
        folder = self.scratch / "empty"
        folder.mkdir()
        program = subprocess.Popen([PROGRAM, "bench", self.model, "--seconds", "60"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(30), 130)
        program.communicate()
        self.assertEqual(os.listdir(folder), [])


class WithoutLearner(Cli):
    def test_names_what_is_missing(self):
        alone = self.scratch / "alone" / "bin"
        alone.mkdir(parents=True)
        copy = alone / "fovea"
        shutil.copy(PROGRAM, copy)
        for words in (["train", "r.toml", "-o", "RUN"], ["run", self.model, "--input", self.input, "-o", self.fresh(".s"), "--executor", "learner"]):
            result = subprocess.run([copy, *words], capture_output=True)
            self.assertEqual(result.returncode, 6, result.stderr)
            self.assertIn(b"FOVEA_LEARNER", result.stderr)

    def test_becomes_the_program_that_has_it(self):
        home = self.scratch / "home"
        (home / "bin").mkdir(parents=True)
        (home / "libexec").mkdir()
        shutil.copy(PROGRAM, home / "bin" / "fovea")
        trainer = home / "libexec" / "fovea-trainer"
        trainer.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
        trainer.chmod(0o755)
        result = subprocess.run([home / "bin" / "fovea", "train", "a b", "-o", "RUN"], capture_output=True)
        self.assertEqual((result.returncode, result.stdout), (7, b"train|a b|-o|RUN|"))


if __name__ == "__main__":
    unittest.main()
