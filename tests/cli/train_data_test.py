#!/usr/bin/env python3
"""Tests from outside of what training does with its data. usage: train_data_test.py PROGRAM [unittest options]"""
import os, pathlib, signal, subprocess, unittest

from support import PROGRAM, Cli, png

RECIPE = """
[network]
name = "ranet"
[network.set]
scale_list = "1-2-3"
nBlocks = 1
block_step = 1
step = 1
nChannels = 2
growthRate = 4
cls_hidden = 8
[data]
name = "DATA"
hold_out = 2
[run]
batch = 4
threads = 1
[[stage]]
epochs = 1
"""


class TrainingData(Cli):
    def setUp(self):
        self.data = pathlib.Path(self.fresh("-data"))
        self.run_folder = pathlib.Path(self.fresh("-run"))
        for split, n in (("train", 4), ("test", 2)):
            for c, label in enumerate(("cat", "dog")):
                (self.data / split / label).mkdir(parents=True)
                for i in range(n):
                    (self.data / split / label / f"{i}.png").write_bytes(png(32, 32, 2 + 10 * c + i + 100 * n))
        self.recipe = pathlib.Path(self.fresh(".toml"))
        self.recipe.write_text(RECIPE.replace("DATA", str(self.data)))

    def words(self, *more):
        return ["train", self.recipe, "-o", self.run_folder, *more]

    def notes(self, *more):
        result = self.call(*self.words(*more))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr.decode()

    def test_a_pack_serves_while_its_source_does_not_change(self):
        self.assertEqual(self.notes("--stop-after-steps", 1).count("packing"), 2)
        self.assertEqual(self.notes("--resume").count("packing"), 0)
        self.assertEqual(self.notes("--force").count("packing"), 2)

    def test_force_sees_changed_data(self):
        self.notes()
        self.data.joinpath("train", "cow").mkdir()
        self.data.joinpath("test", "cow").mkdir()
        for split in ("train", "test"):
            (self.data / split / "cow" / "0.png").write_bytes(png(32, 32, 77))
        self.assertIn("packing 9 pictures", self.notes("--force"))

    def test_resume_refuses_changed_data(self):
        self.notes("--stop-after-steps", 1)
        gone = self.data / "train" / "cat" / "1.png"
        kept = gone.read_bytes()
        gone.unlink()
        self.refused(3, *self.words("--resume", "--quiet"), says=["the data changed since the run began"])
        # The contents count, not the times.
        gone.write_bytes(kept)
        judges = self.data / "test" / "cat" / "1.png"
        kept = judges.read_bytes()
        judges.write_bytes(png(32, 32, 99))
        self.refused(3, *self.words("--resume", "--quiet"), says=["the data that judges changed"])
        judges.write_bytes(kept)
        self.notes("--resume")

    def test_a_broken_picture_is_not_passed_over_by_an_older_pack(self):
        (self.data / "train" / "cat" / "9.png").write_bytes(b"nothing")
        self.assertIn("9.png", self.notes("--set", "data.broken=skip"))
        self.refused(3, *self.words("--force", "--quiet"), says=["9.png"])

    def test_a_broken_test_picture_is_as_configured(self):
        (self.data / "test" / "cat" / "9.png").write_bytes(b"nothing")
        self.refused(3, *self.words("--quiet"), says=["9.png"])
        self.assertIn("9.png", self.notes("--set", "data.broken=skip"))

    def test_a_damaged_pack_is_made_again_or_named(self):
        self.notes("--stop-after-steps", 1)
        (pack,) = self.run_folder.glob("train-*.fpack")
        damaged = bytearray(pack.read_bytes())
        damaged[5000] ^= 1
        pack.write_bytes(damaged)
        told = self.notes("--resume")
        self.assertIn("does not match its hash", told)
        self.assertEqual(told.count("packing"), 1)
        own = self.data / "train.fpack"
        own.write_bytes(damaged)
        self.refused(3, *self.words("--force", "--quiet"), says=["does not match its hash", "train.fpack"])

    def test_a_list_or_pack_alone_is_no_test_data(self):
        scenes, pack = pathlib.Path(self.fresh("-scenes")), pathlib.Path(self.fresh(".fpack"))
        self.done("data", "make", "scenes", "--images", 12, "--size", 32, "-o", scenes)
        self.done("data", "pack", "--data", scenes, "-o", pack)
        for data in (scenes, pack):
            told = self.notes("--set", f"data.name={data}", "--force")
            self.assertIn("accuracy on 'test' will not be measured", told)

    def test_other_classes_in_what_judges(self):
        (self.data / "test" / "cat").rename(self.data / "test" / "zebra")
        self.refused(3, *self.words("--quiet"), says=["data.test", "missing: cat; extra: zebra"])

    def test_what_needs_no_data_is_refused_first(self):
        self.refused(3, *self.words("--resume", "--quiet"), says=["no run to go on with"], absent=[self.run_folder])
        self.refused(2, *self.words("--set", "stage.0.objective.exit_weights=[1,1,1,1,1,1,1,1]", "--quiet"), absent=[self.run_folder])
        self.refused(2, *self.words("--set", "data.cutout=8", "--set", "data.augment=none", "--quiet"), says=["data.cutout"], absent=[self.run_folder])
        self.refused(2, *self.words("--device", "gpu", "--quiet"), says=["no such device", "cpu, cuda or cuda:N"], absent=[self.run_folder])
        self.refused(6, *self.words("--device", "cuda:99", "--quiet"), says=["the device cannot be used"], absent=[self.run_folder])
        self.notes()
        for pack in self.run_folder.glob("*.fpack"):
            pack.unlink()
        self.refused(4, *self.words("--quiet"), says=["a run is there already"])
        self.assertEqual(list(self.run_folder.glob("*.fpack")), [])

    def test_an_interrupt_while_packing_is_told(self):
        # Large pictures keep packing busy until the signal is there.
        large = self.data / "train" / "dog" / "large.png"
        large.write_bytes(png(1000, 1000))
        for i in range(300):
            os.link(large, large.with_name(f"more{i}.png"))
        child = subprocess.Popen([PROGRAM, *map(str, self.words("--threads", 1))], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in child.stderr:
            if b"packing" in line:
                break
        child.send_signal(signal.SIGINT)
        told = child.stderr.read()
        child.wait()
        child.stderr.close()
        self.assertEqual(child.returncode, 130)
        self.assertIn(b"fovea: error: ", told)
        self.assertEqual(list(self.run_folder.glob("*.fpack*")), [])


if __name__ == "__main__":
    unittest.main()
