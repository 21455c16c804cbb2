"""The main job, shown: the last step of scripts/demo. Python standard library only."""
import glob, json, os, pathlib, shlex, shutil, subprocess, sys, tarfile

FOVEA = "build/release/bin/fovea"
FOLDER = pathlib.Path("build/demo")
N_PICTURES = 12
N_SCENES = 400


def call(*args, capture=False):
    """Runs the program; the command is shown as a person would type it."""
    words = [FOVEA, *map(str, args)]
    print("\n$ " + shlex.join(words), flush=True)
    run = subprocess.run(words, stdout=subprocess.PIPE if capture else None, text=True)
    if run.returncode:
        sys.exit(f"demo: {FOVEA} {args[0]} ended with exit code {run.returncode}")
    return run.stdout


def quiet_json(*args):
    run = subprocess.run([FOVEA, *map(str, args), "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"demo: {FOVEA} {args[0]} ended with exit code {run.returncode}")
    return json.loads(run.stdout)


def shipped(word):
    found = sorted(glob.glob(f"models/*{word}*.fovea"))
    return found[0] if found else None


def cifar_pictures(folder):
    """Puts some test pictures of CIFAR-10, taken evenly over the classes, into a folder; how many there were."""
    home = pathlib.Path(os.environ.get("FOVEA_DATA", "data")) / "cifar10"

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


def policy_of(model):
    info = quiet_json("info", model)
    return [] if "default" in (info.get("policies") or {}) else ["--threshold", "0.9"]


def compare(model, data, split):
    """Full against adaptive execution: one sitting, same batch, same threads."""
    threads = len(os.sched_getaffinity(0))
    common = ["--data", data, *split, "--batch", 32, "--threads", threads, *policy_of(model)]
    verify = json.loads(call("verify", model, *common, "--json", capture=True))
    scores = json.loads(call("eval", model, *common, "--mode", "executed", "--json", capture=True))
    n = verify["n"]
    full, adaptive = scores["exits"][-1], scores["adaptive"]
    rows = [("full", full["top1"], verify["ms_full"], verify["macs_full"]),
            ("adaptive", adaptive["top1"], verify["ms_adaptive"], verify["macs_adaptive"])]
    print(f"\n{n} pictures, batch 32, {threads} thread(s), full and adaptive in one sitting")
    print(f"{'':10}{'accuracy':>10}{'images/s':>12}{'ms/image':>12}{'multiply-adds':>16}")
    for name, top1, ms, macs in rows:
        print(f"{name:10}{top1:>8.2f} %{1000 / ms:>12.0f}{ms:>12.3f}{macs / 1e6:>14.2f} M")
    print("left at exit: " + ", ".join(f"{e}: {c}" for e, c in enumerate(adaptive["counts"])))
    print(f"answers and exits equal to the full pass judged in hindsight: {verify['agree']} of {n}")
    print(f"{verify['macs_full'] / verify['macs_adaptive']:.2f} times fewer multiply-adds, "
          f"{verify['ms_full'] / verify['ms_adaptive']:.2f} times faster; "
          f"realisation {verify['realisation']:.2f} (1.00: leaving early costs nothing)")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    pictures = FOLDER / "pictures"
    n, model = cifar_pictures(pictures), shipped("cifar10")
    if n and model:
        print(f"Pictures: {n} test pictures of CIFAR-10; each name begins with the true class.")
        call("predict", model, pictures, *policy_of(model))
        compare(model, "cifar10", ["--split", "test"])
        return
    print("No CIFAR-10 test set here" if model else "No CIFAR-10 model here", end="; ")
    print("so the pictures are drawn by the program itself (`fovea data make scenes`).")
    model, folder = shipped("scenes"), FOLDER / "scenes"
    shutil.rmtree(pictures)
    call("data", "make", "scenes", "--images", N_PICTURES, "--seed", 20, "-o", pictures, "--quiet")
    call("data", "make", "scenes", "--images", N_SCENES, "--seed", 21, "-o", folder, "--quiet")
    if model is None:
        model = FOLDER / "untrained.fovea"
        print("\nTHIS CLONE SHIPS NO MODEL. The weights that follow are UNTRAINED: the labels mean nothing; "
              "only the way of running is shown.")
        call("init", "--network", "ranet-a-cifar10", "-o", model, "--quiet")
        call("predict", model, pictures, "--threshold", "0.11")
        return
    call("predict", model, pictures, *policy_of(model))
    compare(model, folder, [])


main()
