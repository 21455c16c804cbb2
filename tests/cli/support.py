"""What tests of the program from outside share: the program, small files, and a case that calls it."""
import json, os, pathlib, shutil, struct, subprocess, sys, tempfile, unittest, zlib

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
        lines = [line for line in result.stderr.decode(errors="replace").splitlines() if not line.startswith("note: ")]
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
