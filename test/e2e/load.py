#!/usr/bin/env python3
"""load.py DIR SECONDS [--fsync-log FILE] [--pause SECONDS] [--until FILE] [--stop-quietly]: a metadata and small-file load that knows what must be there.

Creates, writes, reads back, renames, links, truncates and removes files from several threads, and counts every error and the longest single call.
--fsync-log FILE   after each fsync of a file, appends "NAME SHA256" to FILE (outside the file system under test): what must survive a crash. Every thread keeps a log of its own as well,
                   record by record, each one synced: "NAME SHA256 BYTES", of its beginning
--pause SECONDS    between two rounds of a thread
--until FILE       ends as soon as FILE exists
--stop-quietly     an error ends a thread without being counted (the client itself is going to be killed)
Prints one line of JSON; exit code 1 when there was an error.
"""
import errno, hashlib, json, os, random, sys, threading, time

root, seconds = sys.argv[1], float(sys.argv[2])
fsync_log = open(sys.argv[sys.argv.index("--fsync-log") + 1], "a", buffering=1) if "--fsync-log" in sys.argv else None
quiet = "--stop-quietly" in sys.argv
pause = float(sys.argv[sys.argv.index("--pause") + 1]) if "--pause" in sys.argv else 0
until = sys.argv[sys.argv.index("--until") + 1] if "--until" in sys.argv else None
end = time.monotonic() + seconds
lock = threading.Lock()
total = {"calls": 0, "errors": [], "longest_ms": 0.0, "longest_call": "", "synced": 0}


class Worker(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.random = number, random.Random(number)
        self.directory = f"{root}/w{number}"
        self.calls, self.longest, self.longest_call, self.synced = 0, 0.0, "", 0
        self.errors = []
        self.log, self.log_bytes, self.log_hash = None, 0, hashlib.sha256()

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
            os.makedirs(self.directory, exist_ok=True)
            step = 0
            while time.monotonic() < end and not (until and os.path.exists(until)):
                step += 1
                self.round(step)
                if pause:
                    time.sleep(pause)
        except OSError as e:
            if not quiet:
                self.errors.append(f"{errno.errorcode.get(e.errno, e.errno)}: {e}")
        except AssertionError as e:
            self.errors.append(f"wrong content: {e}")

    def append_to_log(self):
        path = f"{self.directory}/log.{os.getpid()}"
        if self.log is None:
            self.log = self.call("create", os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        for _ in range(4):
            record = self.random.randbytes(self.random.randrange(1, 5000))
            self.call("append", os.write, self.log, record)
            self.call("fsync", os.fsync, self.log)
            self.log_bytes += len(record)
            self.log_hash.update(record)
            fsync_log.write(f"{path} {self.log_hash.hexdigest()} {self.log_bytes}\n")

    def round(self, step):
        d, data = self.directory, self.random.randbytes(self.random.randrange(1, 30000))
        path = f"{d}/f{os.getpid()}.{step}"
        fd = self.call("create", os.open, path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        try:
            self.call("write", os.write, fd, data)
            if step % 4 == 0:
                self.call("fsync", os.fsync, fd)
        finally:
            self.call("close", os.close, fd)
        fd = self.call("open", os.open, path, os.O_RDONLY)
        got = self.call("read", os.read, fd, 65536)
        self.call("close", os.close, fd)
        assert got == data, f"{path}: {len(got)} of {len(data)} bytes"
        assert self.call("stat", os.stat, path).st_size == len(data), path
        if step % 4 == 0 and fsync_log:
            fsync_log.write(f"{path} {hashlib.sha256(data).hexdigest()}\n")
            self.synced += 1
            self.append_to_log()
            return
        self.call("rename", os.rename, path, path + ".r")
        self.call("link", os.link, path + ".r", path + ".l")
        self.call("unlink", os.unlink, path + ".r")
        sub = f"{d}/d{step % 7}"
        try:
            self.call("mkdir", os.mkdir, sub)
        except FileExistsError:
            pass
        self.call("rename across", os.rename, path + ".l", f"{sub}/x{step}")
        if step % 3:
            self.call("unlink", os.unlink, f"{sub}/x{step}")
        if step % 50 == 0:
            self.call("listdir", os.listdir, d)


workers = [Worker(n) for n in range(4)]
for w in workers:
    w.start()
for w in workers:
    # A call that never returns is an error of its own.
    w.join(seconds + 150)
    if w.is_alive():
        w.errors.append(f"a call ({w.longest_call}?) did not return")
for w in workers:
    total["calls"] += w.calls
    total["synced"] += w.synced
    total["errors"] += w.errors
    if w.longest * 1000 > total["longest_ms"]:
        total["longest_ms"], total["longest_call"] = round(w.longest * 1000, 1), w.longest_call
print(json.dumps(total), flush=True)
os._exit(1 if total["errors"] else 0)
