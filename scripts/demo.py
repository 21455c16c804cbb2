"""The main job, shown: the last step of scripts/demo. Trains nothing. Python standard library only."""
import glob, json, os, pathlib, shlex, shutil, subprocess, sys, tarfile, time

FOVEA = "build/release/bin/fovea"
FOLDER = pathlib.Path("build/demo")
N_PICTURES = 12
N_SCENES = 1000
N_BUDGETS = 3
EQUAL_COST = 0.05  # costs that differ by so much count as equal


def call(*args, capture=False):
    """Runs the program; the command is shown as a person would type it."""
    words = [FOVEA, *map(str, args)]
    print("\n$ " + shlex.join(words), flush=True)
    run = subprocess.run(words, stdout=subprocess.PIPE if capture else None, text=True)
    if run.returncode:
        sys.exit(f"demo: {FOVEA} {args[0]} ended with exit code {run.returncode}")
    return run.stdout


def shipped(word):
    found = sorted(glob.glob(f"models/*{word}*.fovea"))
    return found[0] if found else None


def has_test_set(name):
    """Whether the program finds a data set, wherever and in whatever layout."""
    words = [FOVEA, "data", "stats", "--data", name, "--split", "test", "--take", "1", "--quiet"]
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def cifar_pictures(folder):
    """Puts some test pictures of CIFAR-10, taken evenly over the classes, into a folder; how many there were:
    none where the official archive holds them, which has no picture files."""
    roots = [pathlib.Path(root) for root in (os.environ.get("FOVEA_DATA"), "data") if root]
    home = next((root / "cifar10" for root in roots if (root / "cifar10").is_dir()), roots[0])

    def evenly(names):
        names = sorted(n for n in names if n.lower().endswith((".jpg", ".jpeg", ".png")))
        return names[:: max(1, len(names) // N_PICTURES)][:N_PICTURES]

    def put(name, data):
        (folder / "-".join(pathlib.PurePosixPath(name).parts[-2:])).write_bytes(data)

    folder.mkdir(parents=True)
    for archive in sorted(home.glob("test.tar*")):
        with tarfile.open(archive) as tar:
            for name in evenly(m.name for m in tar if m.isfile()):
                put(name, tar.extractfile(name).read())
        break
    else:
        for name in evenly(str(p) for p in (home / "test").rglob("*")):
            put(name, pathlib.Path(name).read_bytes())
    return len(list(folder.iterdir()))


def time_of(point):
    rounds = point["rounds_ms"]
    return f"{point['ms']:.3f} [{min(rounds):.3f}, {max(rounds):.3f}]"


def row_of(name, point):
    half = (point["top1_high"] - point["top1_low"]) / 2
    return f"{name:32}{point['top1']:>7.2f} ± {half:.2f} %{point['macs'] / 1e6:>12.2f} M{time_of(point):>26}"


def beside(policies, fixed):
    """At most N_BUDGETS policies from cheap to dear, each with a fixed exit. First those that cost the same as one;
    then, where exits are few, policies between them, with the next cheaper exit."""
    def gap(policy, static):
        return abs(policy["macs"] / static["macs"] - 1)

    equal = {}
    for static in fixed[:-1]:
        policy = min(policies, key=lambda each: gap(each, static))
        if gap(policy, static) <= EQUAL_COST:
            equal.setdefault(policy["name"], (policy, static))
    pairs = list(equal.values())
    if len(pairs) > N_BUDGETS:
        pairs = [pairs[i * (len(pairs) - 1) // (N_BUDGETS - 1)] for i in range(N_BUDGETS)]
    rest = [each for each in policies if each["macs"] < fixed[-1]["macs"] and each["name"] not in equal]
    while len(pairs) < N_BUDGETS and rest:
        apart = max(rest, key=lambda each: min((gap(each, pair[0]) for pair in [*pairs, (fixed[-1],)]), default=0))
        rest.remove(apart)
        pairs.append((apart, next((f for f in reversed(fixed) if f["macs"] <= apart["macs"]), fixed[0])))
    return sorted(pairs, key=lambda pair: pair[0]["macs"])


def print_budgets(facts):
    """Policies, each beside a fixed exit; the whole network last."""
    data, setup = facts["model"]["data"], facts["setup"]
    timed = sorted((p for p in data["official"] if p["ms"] is not None), key=lambda p: p["macs"])
    print(f"\n{data['name']}, n = {data['n']}" + (f", {data['remarks']}" if data["remarks"] else ""))
    print(f"{setup['machine']}, {setup['threads']} thread(s), batch {setup['batch']}; times of {data['n_timed']} pictures, loading included:")
    print(f"median [lowest, highest] of {len(timed[0]['rounds_ms'])} rounds that run all rows side by side; ±: half of a 95 % interval (Wilson)")
    print(f"{'':32}{'accuracy':>16}{'multiply-adds':>14}{'ms a picture':>26}")
    for policy, static in beside(timed, data["fixed"]):
        print(row_of(f"early exits, {policy['name']}", policy))
        print(row_of(f"  fixed: {static['name']}", static))
    print(row_of("without early exits", data["fixed"][-1]))


def check(model, data, policy):
    """Full and adaptive pass of one policy in one sitting: the same answers, and what leaving costs."""
    facts = json.loads(call("verify", model, *data, *policy, "--json", "--quiet", capture=True))
    print(f"exits and answers as the full pass says: {facts['agree']} of {facts['n']}; "
          f"{facts['macs_full'] / facts['macs_adaptive']:.2f} times fewer multiply-adds, "
          f"{facts['ms_full'] / facts['ms_adaptive']:.2f} times faster; "
          f"realisation {facts['realisation']:.2f} (1.00: leaving early costs nothing)")


def show(shipped_model, calibration, test, pictures):
    """Budgets from data that is not the test data; then pictures, budgets, report."""
    model, page = FOLDER / "calibrated.fovea", FOLDER / "report.html"
    call("calibrate", shipped_model, *calibration, "-o", model, "--quiet", capture=True)
    if any(pictures.iterdir()):
        call("predict", model, pictures, "--threshold", "0.9", "--quiet")
    print_budgets(json.loads(call("report", model, *test, "-o", page, "--files", FOLDER / "report", "--json", "--quiet", capture=True)))
    check(model, test, ["--threshold", "0.9"])
    print(f"\nThe report: {page} (drawings, their numbers and all as JSON beside it in {FOLDER / 'report'})")


def main():
    start = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    pictures = FOLDER / "pictures"
    model = shipped("cifar10")
    if model and has_test_set("cifar10"):
        n = cifar_pictures(pictures)
        print(f"Pictures: {n} test pictures of CIFAR-10; each name begins with the true class." if n
              else "The test set has no picture files: no single pictures are predicted.")
        show(model, ["--data", "cifar10", "--split", "val"], ["--data", "cifar10", "--split", "test"], pictures)
    else:
        print("No CIFAR-10 test set here" if model else "No CIFAR-10 model here", end="; ")
        print("so the pictures are drawn by the program itself (`fovea data make scenes`).")
        shutil.rmtree(pictures, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        model = shipped("scenes")
        for folder, count, seed in ((pictures, N_PICTURES, 20), (FOLDER / "test", N_SCENES, 21), (FOLDER / "val", N_SCENES, 22)):
            call("data", "make", "scenes", "--images", count, "--seed", seed, "-o", folder, "--quiet")
        if model is None:
            model = FOLDER / "untrained.fovea"
            print("\nTHIS CLONE SHIPS NO MODEL. The weights that follow are UNTRAINED: the labels mean nothing; "
                  "only the way of running is shown.")
            call("init", "--network", "ranet-a-cifar10", "-o", model, "--quiet")
            call("predict", model, pictures, "--threshold", "0.11")
            return
        show(model, ["--data", FOLDER / "val"], ["--data", FOLDER / "test"], pictures)
    print(f"took {time.monotonic() - start:.0f} s after the build; nothing was trained")


main()
