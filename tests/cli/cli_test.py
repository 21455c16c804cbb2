#!/usr/bin/env python3
"""Tests the program from outside: words, exit codes, files, streams. usage: cli_test.py PROGRAM [unittest options]"""
import json, os, pathlib, resource, shutil, signal, struct, subprocess, tempfile, time, unittest, xml.etree.ElementTree

from support import Cli, integers, NETWORK, png, PROGRAM, read_tensors, VERBS, write_tensors


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
