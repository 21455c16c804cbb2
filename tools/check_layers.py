#!/usr/bin/env python3
"""Holds every #include of the tree to tools/layers.txt, and every type to one definition. usage: check_layers.py [ROOT]"""
import fnmatch, pathlib, re, sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
units, owns, only = {}, [], []  # name -> (globs, units below); (prefixes, units); (regex, units)
for line in (ROOT / "tools/layers.txt").read_text().splitlines():
    kind, _, rest = line.partition(" ")
    head, _, tail = (part.strip() for part in rest.partition(":"))
    if kind == "unit":
        globs, _, below = tail.partition("<-")
        units[head] = (globs.split(), below.split())
    elif kind == "owns":
        owns.append((head.split(), tail.split()))
    elif kind == "only":
        only.append((re.compile(tail), head.split()))


def unit_of(path):
    return next((n for n, (globs, _) in units.items() if any(fnmatch.fnmatch(path, g) for g in globs)), None)


def project_file(header, folder):
    """The file of ours that an include names, or None where it is somebody else's."""
    found = (p for p in (ROOT / "include" / header, ROOT / "src" / header, folder / header) if p.exists())
    return next((str(p.resolve().relative_to(ROOT.resolve())) for p in found), None)


def reach(name):
    """The unit and everything below it."""
    below = units[name][1]
    return set(units) if below == ["*"] else {name}.union(*(reach(unit) for unit in below))


def types_of(text):
    """Names with namespaces of the types that other files can see or be linked with."""
    spaces = []
    for line in text.splitlines():
        if opened := re.match(r"namespace ?([\w:]*) ?{", line):
            spaces.append(opened[1])
        elif line.startswith("}  // namespace"):
            spaces.pop()
        elif (found := re.match(r"(?:struct|class|enum class|union) (?:alignas\(\w+\) )?(\w+)(?: final)?(?: : .*)? {", line)) and "" not in spaces:
            yield "::".join([*spaces, found[1]])


faults, n_files, defined = [], 0, {}
paths = [p for top in ("src", "include", "tests", "fuzz", "bench", "examples") for p in sorted((ROOT / top).rglob("*"))]
for path in (p for p in paths if p.suffix in (".h", ".cc", ".inc") and "node_modules" not in p.parts):
    name, text, n_files = str(path.relative_to(ROOT)), path.read_text(), n_files + 1
    unit = unit_of(name)
    if unit is None:
        faults.append(f"{name}: belongs to no unit of tools/layers.txt")
        continue
    for full in types_of(text) if unit != "tests" else ():
        # Two types of one name in one program are merged by the linker, which tells nobody.
        if defined.setdefault(full, name) != name:
            faults.append(f"{name}: {full} is defined in {defined[full]} too")
    for header in INCLUDE.findall(text):
        ours = project_file(header, path.parent)
        target = ours and unit_of(ours)
        if target and target not in reach(unit):
            faults.append(f"{name}: {unit} may not include {header} ({target})")
        for prefixes, owners in owns:
            if unit != "tests" and unit not in owners and header.startswith(tuple(prefixes)):
                faults.append(f"{name}: {unit} may not include {header} (owned by {', '.join(owners)})")
    for pattern, allowed in only:
        if unit != "tests" and unit not in allowed:
            faults += [f"{name}: only {', '.join(allowed)} may write `{m[0]}`" for m in pattern.finditer(text)]
print(*faults, f"layers: {n_files} files, {len(faults)} violations", sep="\n")
sys.exit(1 if faults or not n_files else 0)
