#!/usr/bin/env python3
"""Scripts parse, say what they need, and the tree keeps its own habits."""
import os, pathlib, re, subprocess, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = [ROOT / name for name in ("scripts/demo", "scripts/test", "scripts/bare", "scripts/packages", ".ci/run", "tools/format", "fuzz/run")]
FOLDERS = ("src", "include", "tests", "fuzz", "bench", "examples", "scripts", "tools", "cmake")


def sources(*suffixes):
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "node_modules" not in path.parts:
                yield path


def run(*words, **options):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=ROOT, **options)


class Scripts(unittest.TestCase):
    def test_are_executable_and_parse(self):
        for script in SCRIPTS:
            with self.subTest(script.name):
                self.assertTrue(os.access(script, os.X_OK))
                self.assertEqual(run("bash", "-n", script).stderr, "")

    def test_usage_errors_end_with_2(self):
        for words in (["scripts/packages"], ["scripts/packages", "heavy"], ["scripts/bare", "--no"], ["tools/format", "--no"]):
            with self.subTest(words):
                result = run(*words)
                self.assertEqual(result.returncode, 2)
                self.assertIn("usage:", result.stderr)

    def test_sets_of_packages_contain_each_other(self):
        sets = [set(run("scripts/packages", name, "--list").stdout.split()) for name in ("light", "full", "dev")]
        self.assertTrue(sets[0] < sets[1] < sets[2])
        self.assertFalse(any("torch" in package for package in sets[0]))

    def test_missing_packages_are_named_on_an_install_line_without_root(self):
        if os.getuid() != 0:
            self.skipTest("needs root to become somebody else")
        # A dpkg-query that knows no package, and a user who is not root.
        script = 'dpkg-query() { return 1; }; id() { echo 1000; }; export -f dpkg-query id; exec scripts/packages light'
        result = run("bash", "-c", script)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"sudo apt-get install -y --no-install-recommends g\+\+ cmake .*protobuf-compiler")


class Tree(unittest.TestCase):
    def test_files_can_be_read_in_one_sitting(self):
        long = {str(p.relative_to(ROOT)): n for p in sources(".h", ".cc", ".py") if (n := p.read_text().count("\n")) > 600}
        self.assertEqual(long, {})

    def test_public_headers_compile_alone_and_need_nothing_else(self):
        for path in sorted((ROOT / "include/fovea").glob("*.h")):
            with self.subTest(path.name):
                for header in re.findall(r"^#include <([^>]+)>", path.read_text(), re.M):
                    self.assertNotRegex(header, r"[./]", "only the standard library and fovea/ may be included")
                unit = f'#include "fovea/{path.name}"\n'
                result = run(os.environ.get("CXX", "c++"), "-std=c++20", "-Iinclude", "-fsyntax-only", "-x", "c++", "-", input=unit)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_cmake_lists_name_every_file(self):
        for path in ROOT.rglob("CMakeLists.txt"):
            if "build" not in path.relative_to(ROOT).parts and "node_modules" not in path.parts:
                self.assertNotRegex(path.read_text(), r"file\(\s*GLOB", str(path))

    def test_every_header_begins_with_a_guard(self):
        for path in sources(".h"):  # those for Highway may be read once per target
            code = re.sub(r"//.*", "", path.read_text()).strip()
            self.assertTrue(code.startswith("#pragma once") or re.match(r"#if.*(HWY_|FOVEA_)", code), str(path))

    def test_no_path_of_a_machine_is_written_down(self):
        for path in sources(".h", ".cc", ".cmake", ".txt"):
            self.assertNotRegex(path.read_text(), r"/home/[a-z]+/|/root/", str(path))

    def test_nolint_names_its_check(self):
        for path in sources(".h", ".cc"):
            for line in path.read_text().splitlines():
                if "NOLINT" in line and "NOLINTEND" not in line:
                    self.assertRegex(line, r"NOLINT(NEXTLINE|BEGIN)?\([a-z]", f"{path}: {line}")


class Peer(unittest.TestCase):
    def test_the_pinned_peer_is_locked_without_download_addresses(self):
        lock = (ROOT / "bench/ort/package-lock.json").read_text()
        self.assertNotIn('"resolved"', lock)
        self.assertIn('"onnxruntime-node": "1.30.0"', lock)


if __name__ == "__main__":
    unittest.main()
