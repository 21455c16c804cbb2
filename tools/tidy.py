#!/usr/bin/env python3
"""Runs clang-tidy over every source file of a configured build, warnings as errors.

A file that was clean is not read again before it, a header of ours that it includes, its flags, the
configuration or clang-tidy changes; what was clean is kept in ~/.cache/fovea-tidy. Files that include
LibTorch, themselves or through a header of ours, are left out: its headers are no C++20 for clang.

usage: tidy.py BUILD-FOLDER [PART-OF-A-PATH…]
"""
import concurrent.futures, functools, hashlib, json, os, pathlib, re, shlex, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = os.environ.get("CLANG_TIDY", "clang-tidy-14")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "fovea-tidy"
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
LEFT_OUT = ("torch/", "ATen/", "c10/")


@functools.lru_cache(None)
def headers_of(path, build):
    """Files of ours that `path` includes, and the names of the others."""
    folders = (path.parent, ROOT / "src", ROOT / "include", ROOT / "tests", ROOT, build / "generated")
    ours, others = set(), set()
    for name in INCLUDE.findall(path.read_text(errors="replace")):
        found = next((f / name for f in folders if (f / name).is_file()), None)
        (ours.add(found.resolve()) if found else others.add(name))
    return ours, others


def closure(path, build):
    seen, others, todo = set(), set(), [path]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            ours, rest = headers_of(file, build)
            todo += ours
            others |= rest
    return sorted(seen), others


def relative_to_tree(text):
    """The same for every clone: results are shared between folders."""
    return text.replace(str(ROOT), "")


def key_of(entry, files, version):
    digest = hashlib.sha256(version + (ROOT / ".clang-tidy").read_bytes())
    digest.update(relative_to_tree(entry.get("command") or shlex.join(entry["arguments"])).encode())
    for file in files:
        digest.update(relative_to_tree(str(file)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    version = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
    CACHE.mkdir(parents=True, exist_ok=True)
    todo, n_known, n_left_out, done = [], 0, 0, set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else None
        if name is None or name.startswith("build/") or path in done or not any(p in name for p in sys.argv[2:] or [""]):
            continue
        done.add(path)
        files, others = closure(path, build)
        if any(o.startswith(LEFT_OUT) for o in others):
            n_left_out += 1
            continue
        mark = CACHE / key_of(entry, files, version)
        if mark.exists():
            os.utime(mark)
            n_known += 1
        else:
            todo.append((name, mark))

    def check(job):
        name, mark = job
        run = subprocess.run([TIDY, "--quiet", "-p", build, ROOT / name], capture_output=True, text=True)
        if run.returncode == 0:
            mark.touch()
        return name, run

    n_failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for name, run in pool.map(check, todo):
            if run.returncode:
                n_failed += 1
                print(f"-- {name}\n{run.stdout}{run.stderr if not run.stdout else ''}", flush=True)
    print(f"clang-tidy: {len(todo)} files read, {n_known} known to be clean, "
          f"{n_left_out} left out (LibTorch), {n_failed} with findings")
    return 1 if n_failed or not done else 0


sys.exit(main())
