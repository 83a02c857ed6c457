#!/usr/bin/env python3
"""walker.py DIR SECONDS FILES BYTES [--seed SEED] [--until FILE]: a tree whose every name and byte is known, changed and walked for SECONDS.

Makes FILES files of BYTES on average in nested directories; then, in turn, renames, rewrites, removes and makes some, and walks the whole tree: every
directory has exactly the names that it must have, every file exactly its bytes. Two threads with a tree each. Prints "ready" when the files are made; ends as soon
as FILE exists.
Prints one line of JSON at the end; exit code 1 when something was wrong. The seed is printed.
"""
import json, os, random, sys, threading, time

root, seconds, files, mean = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else random.randrange(1 << 30)
until = sys.argv[sys.argv.index("--until") + 1] if "--until" in sys.argv else None
print(f"walker seed {seed}", flush=True)
THREADS = 2
filled = threading.Barrier(THREADS + 1)


class Walker(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.random = random.Random(seed + number)
        self.root = f"{root}/tree{number}"
        self.content = {}  # path -> (key, size)
        self.walks, self.calls, self.longest, self.longest_call, self.errors = 0, 0, 0.0, "", []

    def call(self, name, function, *args):
        began = time.monotonic()
        try:
            return function(*args)
        finally:
            took = time.monotonic() - began
            self.calls += 1
            if took > self.longest:
                self.longest, self.longest_call = took, name

    def run(self):
        try:
            self.fill()
        except OSError as e:
            self.errors.append(f"making the tree: {e}")
        filled.wait()
        self.end = time.monotonic() + seconds
        try:
            while not self.errors and not self.is_over():
                for _ in range(20):
                    self.change()
                self.walk()
        except OSError as e:
            self.errors.append(str(e))
        except AssertionError as e:
            self.errors.append(f"wrong: {e}")

    def is_over(self):
        return time.monotonic() >= self.end or (until and os.path.exists(until))

    def fill(self):
        self.directories = [f"{self.root}/d{i}" for i in range(max(2, files // THREADS // 16))]
        for directory in self.directories:
            os.makedirs(directory)
        for i in range(files // THREADS):
            self.write(f"{self.directories[i % len(self.directories)]}/f{i}")

    @staticmethod
    def bytes_of(key, size):
        return random.Random(key).randbytes(size)

    def write(self, path):
        key, size = self.random.randrange(1 << 60), self.random.randrange(1, 2 * mean)
        fd = self.call("open to write", os.open, path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
        data = memoryview(self.bytes_of(key, size))
        while data:
            data = data[self.call("write", os.write, fd, data[: 1 << 20]):]
        self.call("close", os.close, fd)
        self.content[path] = key, size

    def change(self):
        what, path = self.random.randrange(4), self.random.choice(list(self.content))
        directory = self.random.choice(self.directories)
        if what == 0:
            target = f"{directory}/r{self.random.randrange(1 << 40)}"
            self.call("rename", os.rename, path, target)
            self.content[target] = self.content.pop(path)
        elif what == 1:
            self.write(path)
        elif what == 2:
            self.call("unlink", os.unlink, path)
            del self.content[path]
            self.write(f"{directory}/n{self.random.randrange(1 << 40)}")
        else:
            target = f"{self.root}/m{self.random.randrange(1 << 40)}"
            self.call("mkdir", os.mkdir, target)
            self.call("rmdir", os.rmdir, target)

    def walk(self):
        names = {}
        for path in self.content:
            names.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
        for directory in self.directories:
            found = set(self.call("listdir", os.listdir, directory))
            expected = names.get(directory, set())
            assert found == expected, f"{directory}: too many {found - expected}, missing {expected - found}"
        for path, (key, size) in self.content.items():
            if self.is_over():
                return
            fd = self.call("open", os.open, path, os.O_RDONLY)
            data = bytearray()
            while part := self.call("read", os.read, fd, 1 << 20):
                data += part
            self.call("close", os.close, fd)
            assert bytes(data) == self.bytes_of(key, size), f"{path}: {len(data)} of {size} bytes, or others"
        self.walks += 1


walkers = [Walker(n) for n in range(THREADS)]
for w in walkers:
    w.start()
filled.wait()
print("ready", flush=True)
for w in walkers:
    # A call that never returns is an error of its own.
    w.join(seconds + 150)
    if w.is_alive():
        w.errors.append(f"a call ({w.longest_call}?) did not return")
worst = max(walkers, key=lambda w: w.longest)
print(json.dumps({"walks": sum(w.walks for w in walkers), "calls": sum(w.calls for w in walkers), "longest_ms": round(worst.longest * 1000, 1),
                  "longest_call": worst.longest_call, "errors": sum((w.errors for w in walkers), [])}), flush=True)
os._exit(1 if any(w.errors for w in walkers) else 0)
