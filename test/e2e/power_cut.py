#!/usr/bin/env python3
"""power_cut.py: writes to a cluster whose machines lose power, and knows what every acknowledged call promised.

Driven by 31-power-cut.sh, which has the disks and the processes: this program prints one request a line on standard output and reads one line as the answer.
    cut die|stay N       stops the nodes and the manager; answers when they stand still
    clone                clones the disks as they are, ends the processes (with "die" the mounts as well), restarts them on the clones, answers when all is healthy
    mount NAME VOLUME    begins a fresh mount
    mounted              answers when all mounts are there
    unmount NAME
    fsck                 begins `sealfs fsck --verify` of all volumes
    checked              its end: answers "clean", or "found FILE"
    end VIOLATIONS
Everything else goes to standard error.

Contents describe themselves: a file consists of cells of 64 bytes, each has the file's number, the number of the write (its generation), and its place in the
file. So a reader sees whose bytes it has, of which write, and whether they are where they were written.

The model of a file is a base (what is known to be durable) and the operations since. A sync that is acknowledged moves operations into the base. After a cut a
cell may have the value of the base or of any later operation, the size any value it had on the way; zeros only where one of these states has a hole. Names are the same:
what a name is known to stand for, and what it was changed to since.
"""
import argparse, collections, contextlib, ctypes, errno, fnmatch, mmap, os, random, re, subprocess, sys, threading, time
from array import array

CELL = 64
PIECE = 4096
CELLS_PER_PIECE = PIECE // CELL
libc = ctypes.CDLL(None, use_errno=True)


def log(*words):
    print(*words, file=sys.stderr, flush=True)


def ask(*words):
    print(*words, flush=True)
    answer = sys.stdin.readline().strip()
    if not answer or answer.startswith("failed"):
        log("the script could not do it:", *words, answer)
        # The script ends with this; calls that wait for stopped nodes would keep this process from ending by itself.
        print("end failed", flush=True)
        os._exit(2)
    return answer


def cells(file, generation, first, count):
    """The bytes of COUNT cells: (file, generation, place, check) four times over each."""
    words = array("I", bytes(CELL * count))
    places = array("I", range(first, first + count))
    for part in range(0, 16, 4):
        words[part::16] = array("I", [file]) * count
        words[part + 1::16] = array("I", [generation]) * count
        words[part + 2::16] = places
        words[part + 3::16] = array("I", [file ^ generation ^ 0x5EA1F5]) * count
    return words.tobytes()


# Findings of fsck that are no damage: space that the nodes will give back, and bytes that nobody was promised. Should they have been, reading them shows it.
NO_DAMAGE = "ChunkBehindEnd", "UnusedChunkFile", "StrayChunk", "UnsyncedBytesLost"
FOREIGN, MISPLACED, TORN = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def generations_of(file, data, first):
    """The generation of each cell of DATA; 0 for zeros."""
    count = len(data) // CELL
    words = array("I")
    words.frombytes(data[:count * CELL])
    found = words[1::16]
    expected = array("I", range(first, first + count))
    same = all(words[part::16] == array("I", [file]) * count and words[part + 2::16] == expected and words[part + 1::16] == found for part in range(0, 16, 4))
    if same and all(words[part + 3::16] == words[3::16] for part in (4, 8, 12)) and words[3::16] == array("I", [file ^ g ^ 0x5EA1F5 for g in found]):
        return found
    for i in range(count):
        cell = words[i * 16:i * 16 + 16]
        if not any(cell):
            found[i] = 0
        elif any(cell[0:4] != cell[part:part + 4] for part in (4, 8, 12)) or cell[3] != cell[0] ^ cell[1] ^ 0x5EA1F5:
            found[i] = TORN
        elif cell[0] != file:
            found[i] = FOREIGN
        elif cell[2] != first + i:
            found[i] = MISPLACED
    return found


class Clock:
    """Numbers operations in the order in which they began. CUT is the number at which the servers stood still for the last cut."""
    lock, now, cut = threading.Lock(), 0, 0

    @staticmethod
    def tick():
        with Clock.lock:
            Clock.now += 1
            return Clock.now


class File:
    next_number = 0

    def __init__(self, promise_kind="create"):
        with Clock.lock:
            File.next_number += 1
            self.number = File.next_number
        self.base, self.operations = array("I"), []
        self.kind = "nothing"       # what promised the base
        self.removed = False        # an unlink or a rename over it was tried
        self.named = False          # its name is durable
        self.unreadable = set()     # pieces that were lost: they read as EIO until they are written as a whole or cut off
        self.told = False           # a sync of it has failed, or a change: what it has lost, or never had, is not told again by the syncs that follow
        self.lock = threading.Lock()

    def write(self, start, count):
        """Notes a write of COUNT cells and returns its bytes. What it does counts from now on, whether it is acknowledged or not."""
        with self.lock:
            self.operations.append((Clock.tick(), "write", start, count))
            whole = range(-(-start // CELLS_PER_PIECE), (start + count) // CELLS_PER_PIECE)
            self.unreadable.difference_update([p for p in self.unreadable if p in whole])
            return cells(self.number, self.operations[-1][0] & 0x7FFFFFFF, start, count)

    def cut(self, size):
        with self.lock:
            self.operations.append((Clock.tick(), "cut", size, 0))
            self.unreadable = {p for p in self.unreadable if p * CELLS_PER_PIECE < size}

    @staticmethod
    def apply(state, operation):
        number, kind, start, count = operation
        if kind == "cut":
            if start < len(state):
                del state[start:]
            else:
                state.extend(array("I", bytes(4 * (start - len(state)))))
        else:
            if len(state) < start:
                state.extend(array("I", bytes(4 * (start - len(state)))))
            state[start:start + count] = array("I", [number & 0x7FFFFFFF]) * count

    def current(self):
        with self.lock:
            state = array("I", self.base)
            for operation in self.operations:
                self.apply(state, operation)
            return state

    def size(self):
        with self.lock:
            size = len(self.base)
            for _, kind, start, count in self.operations:
                size = start if kind == "cut" else max(size, start + count)
            return size

    def synced(self, until, kind):
        """Everything that began before UNTIL is promised."""
        with self.lock:
            done = [o for o in self.operations if o[0] <= until]
            if not done or self.told:
                return
            for operation in done:
                self.apply(self.base, operation)
            self.operations = self.operations[len(done):]
            self.kind = kind

    def unsynced_before(self, number):
        with self.lock:
            return any(o[0] < number for o in self.operations)

    def rebase(self, observed):
        with self.lock:
            self.base, self.operations, self.kind, self.told = observed, [], "seen", False

    def allowed_sizes(self):
        size = len(self.base)
        ranges = [(size, size)]
        for _, kind, start, count in self.operations:
            if kind == "cut":
                ranges.append((start, start))
                size = start
            elif start + count > size:
                ranges.append((min(size + 1, start + count), start + count))
                size = start + count
        return ranges

    def check(self, observed, unreadable, report):
        """Compares what was read with what may be there. UNREADABLE: pieces of 4 KiB that gave EIO."""
        with self.lock:
            base, operations = self.base, list(self.operations)
            if not any(low <= len(observed) <= high for low, high in self.allowed_sizes()):
                short = len(observed) < min(low for low, _ in self.allowed_sizes())
                report(f"size-{'lost' if short else 'wrong'}:{self.kind}", f"{len(observed)} cells, may be {self.allowed_sizes()}")
            holes = self.holes(base, operations)
            for piece in unreadable - self.unreadable:
                for c in range(piece * CELLS_PER_PIECE, min((piece + 1) * CELLS_PER_PIECE, len(observed))):
                    if c < len(base) and base[c] and not any(s <= c < s + n if k == "write" else c >= s for _, k, s, n in operations):
                        report(f"eio:{self.kind}", f"cell {c} was synced and cannot be read")
                        break
            self.unreadable = set(unreadable)
            if not operations and not unreadable and observed == base:
                return
            seen = collections.Counter()
            example = {}
            for c, found in enumerate(observed):
                expected = base[c] if c < len(base) else None
                if found == expected or c // CELLS_PER_PIECE in unreadable:
                    continue
                if found in (FOREIGN, MISPLACED, TORN):
                    name = {FOREIGN: "foreign-bytes", MISPLACED: "misplaced-bytes", TORN: "torn-bytes"}[found]
                elif found and any(k == "write" and n & 0x7FFFFFFF == found and s <= c < s + l for n, k, s, l in operations):
                    continue
                elif found == 0 and any(a <= c < b for a, b in holes):
                    continue
                elif found == 0:
                    name = f"zeros-for-synced:{self.kind}" if expected else "zeros-that-nobody-wrote"
                elif expected:
                    name = f"wrong-generation:{self.kind}"
                else:
                    name = "bytes-came-back"
                seen[name] += 1
                example.setdefault(name, f"cell {c} of {len(observed)} has {found:#x}, base {expected}")
            for name, count in seen.items():
                report(name, f"{count} cells; {example[name]}")

    @staticmethod
    def holes(base, operations):
        ranges, start = [], None
        for c, value in enumerate(base):
            if value == 0 and start is None:
                start = c
            elif value and start is not None:
                ranges.append((start, c))
                start = None
        if start is not None:
            ranges.append((start, len(base)))
        size = len(base)
        for _, kind, start, count in operations:
            if start > size:
                ranges.append((size, start))
            size = start if kind == "cut" else max(size, start + count)
        return ranges


class Directory:
    def __init__(self):
        self.names = {}             # name: [(number, object or None), …]; the first is durable
        self.kinds = {}             # name: what promised the first
        self.lost = 0               # the last cut of whose losses a sync of it was told
        self.told = set()           # names that should not be there, of which the report was made
        self.failed = set()         # numbers of changes that failed: they may have happened, and no sync promises it
        self.lock = threading.Lock()

    def change(self, *changes):
        """Notes that names change together: (name, object or None), …"""
        number = Clock.tick()
        with self.lock:
            for name, what in changes:
                self.names.setdefault(name, [(0, None)]).append((number, what))
        return number

    @contextlib.contextmanager
    def changing(self, *changes):
        """As change, around the call that does it."""
        number = self.change(*changes)
        try:
            yield
        except OSError:
            self.failed.add(number)
            raise

    def get(self, name):
        with self.lock:
            return self.names.get(name, [(0, None)])[-1][1]

    def present(self, kind):
        with self.lock:
            return [(n, l[-1][1]) for n, l in self.names.items() if isinstance(l[-1][1], kind)]

    def synced(self, until, since, kind, names=None):
        """Changes that began before UNTIL are promised; those before SINCE (a cut that this client has survived) may be gone all the same."""
        with self.lock:
            for name in names or list(self.names):
                entries = self.names.get(name)
                if not entries:
                    continue
                last = max((i for i, e in enumerate(entries) if since < e[0] <= until and e[0] not in self.failed), default=None)
                if last is None:
                    continue
                self.names[name] = entries[last:]
                self.kinds[name] = kind
                if isinstance(entries[last][1], File) and entries[last] is entries[-1]:
                    entries[last][1].named = True


class Report:
    def __init__(self, known):
        self.known, self.violations, self.tolerated, self.errors = known, collections.Counter(), collections.Counter(), collections.Counter()
        self.lock, self.where = threading.Lock(), "before any cut"

    def __call__(self, name, text):
        with self.lock:
            tolerated = any(fnmatch.fnmatchcase(name, k) for k in self.known)
            (self.tolerated if tolerated else self.violations)[name] += 1
            if self.violations[name] + self.tolerated[name] <= 5:
                log(f"VIOLATION {self.where}: {name}: {text}")

    def error(self, e, where):
        with self.lock:
            self.errors[f"{errno.errorcode.get(e.errno, str(e.errno))} in {where}"] += 1


class Actor(threading.Thread):
    """Works in a directory of its own, by two mounts of its volume."""

    syncing = collections.defaultdict(threading.Lock)   # by mount
    told = {}                                           # by mount: the cut after which a sync of it has failed

    def __init__(self, number, volume, first, second, seed, report, syncs):
        self.number, self.volume, self.random, self.report = number, volume, random.Random(seed), report
        self.mounts = [first, second]
        self.root = Directory()
        self.steps = 0
        self.syncs = syncs          # `sealfs sync`, when there is one
        self.handles = []           # (descriptor, file, number of the cut before which it was opened)
        self.stopping = False
        self.names = 0

    # Each load is a thread of its own; the actor lives on.
    def start(self):
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True

    def wait(self, seconds):
        self.thread.join(seconds)
        return not self.thread.is_alive()

    def path(self, mount, *parts):
        return "/".join([self.mounts[mount], f"a{self.number}", *parts])

    def make_root(self):
        os.mkdir(self.path(0))
        self.sync_directory(self.mounts[0])
        self.sync_directory(self.path(0))

    @staticmethod
    def sync_directory(path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def run(self):
        while not self.stopping:
            try:
                self.step()
            except OSError as e:
                self.report.error(e, self.scenario)
                if e.errno in (errno.ENOTCONN, errno.ECONNABORTED):
                    return

    def step(self):
        self.steps += 1
        scenarios = [self.synced_by_handle, self.synced_by_reopening, self.synced_by_other_mount, self.written_synchronously, self.replaced, self.appended, self.appended,
                     self.truncated, self.tree, self.unsynced, self.overwritten, self.overwritten, self.unlinked, self.kept_open, self.moved, self.linked]
        if self.syncs and self.random.random() < 0.3:
            scenarios = [self.volume_synced]
        files = self.root.present(File)
        if len(files) > 30:
            scenarios = [self.unlinked]
        scenario = self.random.choice(scenarios)
        self.scenario = scenario.__name__
        scenario()

    def new_name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def some_size(self):
        """Cells: inline, some blocks, many chunks."""
        r = self.random.random()
        if r < 0.4: return self.random.randrange(1, 256)
        if r < 0.85: return self.random.randrange(256, 8192)
        return self.random.randrange(8192, 150000 if self.random.random() < 0.3 else 40000)

    @staticmethod
    @contextlib.contextmanager
    def may_fail(file):
        """A change that fails may have happened in part, or not at all: no sync promises it."""
        try:
            yield
        except OSError:
            file.told = True
            raise

    def write(self, fd, file, start, count, flags=0):
        data = file.write(start, count)
        step = self.random.choice([4096, 65536, 1 << 20, 4 << 20])
        for at in range(0, len(data), step):
            piece = data[at:at + step]
            with self.may_fail(file):
                done = os.pwritev(fd, [piece], start * CELL + at, flags)
                if done != len(piece):
                    raise OSError(errno.EIO, "short write")

    def create(self, prefix="f", mount=0, flags=0, directory=None, at=()):
        directory = directory if directory is not None else self.root
        name, file = self.new_name(prefix), File()
        with directory.changing((name, file)):
            fd = os.open(self.path(mount, *at, name), os.O_CREAT | os.O_EXCL | os.O_RDWR | flags, 0o644)
        return fd, name, file

    def fsync(self, fd, file, kind, name=None, directory=None, data_only=False, other_mount=False):
        """Where a cut came between a write and the sync, the mount that has written must know; another mount cannot, so that its sync promises nothing then."""
        until = Clock.tick()
        try:
            (os.fdatasync if data_only else os.fsync)(fd)
        except OSError:
            file.told = True
            raise
        if file.unsynced_before(Clock.cut):
            if other_mount:
                return
            kind += "-over-a-cut"
        file.synced(until, kind)
        if name is not None:
            (directory or self.root).synced(until, 0, "fsync-of-the-file", [name])

    def synced_by_handle(self):
        fd, name, file = self.create()
        try:
            self.write(fd, file, 0, self.some_size())
            self.fsync(fd, file, "fsync", name)
            if self.random.random() < 0.3:
                size = file.size()
                self.write(fd, file, self.random.randrange(size), self.random.randrange(1, 4096))
                self.fsync(fd, file, "fdatasync", data_only=True)
        finally:
            os.close(fd)

    def synced_by_reopening(self):
        fd, name, file = self.create()
        try:
            self.write(fd, file, 0, self.some_size())
        finally:
            os.close(fd)
        fd = os.open(self.path(0, name), self.random.choice([os.O_RDONLY, os.O_RDWR]))
        try:
            self.fsync(fd, file, "fsync-reopened", name)
        finally:
            os.close(fd)

    def synced_by_other_mount(self):
        fd, name, file = self.create()
        try:
            self.write(fd, file, 0, self.some_size())
        finally:
            os.close(fd)
        fd = os.open(self.path(1, name), os.O_RDWR)
        try:
            self.fsync(fd, file, "fsync-other-mount", name, other_mount=True)
        finally:
            os.close(fd)

    def written_synchronously(self):
        kind, flag, by_call = self.random.choice([("O_SYNC", os.O_SYNC, 0), ("O_DSYNC", os.O_DSYNC, 0), ("RWF_DSYNC", 0, os.RWF_DSYNC), ("RWF_SYNC", 0, os.RWF_SYNC),
                                                  ("O_DIRECT|O_DSYNC", os.O_DIRECT | os.O_DSYNC, 0)])
        direct = flag & os.O_DIRECT
        fd, name, file = self.create(flags=flag & ~os.O_DIRECT)
        try:
            if direct:
                os.close(fd)
                fd = os.open(self.path(0, name), os.O_RDWR | flag)
            at = 0
            for _ in range(self.random.randrange(1, 4)):
                count = min(self.some_size(), 20000)
                if direct:
                    count = (count + 63) & ~63
                    data = file.write(at, count)
                    room = mmap.mmap(-1, len(data))
                    room.write(data)
                    with self.may_fail(file):
                        os.pwritev(fd, [room], at * CELL)
                else:
                    self.write(fd, file, at, count, by_call)
                file.synced(Clock.tick(), kind)
                at += count
            self.root.synced(Clock.now, 0, kind, [name])
        finally:
            os.close(fd)

    def some_file(self):
        files = [(n, f) for n, f in self.root.present(File) if not n.startswith("log") and not f.removed]
        return self.random.choice(files) if files else (None, None)

    def replaced(self):
        """Write, sync, rename over, with or without a sync of the directory."""
        target, old = self.some_file()
        if target is None:
            return
        fd, name, file = self.create("tmp")
        try:
            self.write(fd, file, 0, self.some_size())
            self.fsync(fd, file, "fsync", name)
        finally:
            os.close(fd)
        old.removed = True
        with self.root.changing((name, None), (target, file)):
            os.rename(self.path(0, name), self.path(0, target))
        if self.random.random() < 0.5:
            self.sync_names(self.root)

    def sync_names(self, directory, *at, kind="fsync-of-the-directory"):
        until = Clock.tick()
        try:
            self.sync_directory(self.path(0, *at))
        except OSError:
            directory.lost = Clock.cut
            raise
        directory.synced(until, directory.lost, kind)

    def appended(self):
        """A log: each record is appended and synced."""
        logs = [(n, f) for n, f in self.root.present(File) if n.startswith("log") and f.size() < 30000]
        if logs and self.random.random() < 0.7:
            name, file = self.random.choice(logs)
            fd = os.open(self.path(0, name), os.O_WRONLY | os.O_APPEND)
            if os.fstat(fd).st_size != file.size() * CELL:
                # After a cut it may be shorter than this client thinks: another log then.
                os.close(fd)
                file.removed = True
                self.unlink(name, file)
                return
        else:
            fd, name, file = self.create("log", flags=os.O_APPEND)
        try:
            for _ in range(self.random.randrange(1, 8)):
                count = self.random.randrange(1, 80) if self.random.random() < 0.8 else self.random.randrange(80, 2000)
                data = file.write(file.size(), count)
                with self.may_fail(file):
                    if os.write(fd, data) != len(data):
                        raise OSError(errno.EIO, "short write")
                if self.random.random() < 0.9:
                    self.fsync(fd, file, "fsync-append", name, data_only=self.random.random() < 0.5)
        finally:
            os.close(fd)

    def truncated(self):
        name, file = self.some_file()
        if name is None:
            return
        fd = os.open(self.path(0, name), os.O_RDWR)
        try:
            size = file.size()
            new = self.random.choice([0, self.random.randrange(size + 1), size + self.random.randrange(1, 3000)])
            file.cut(new)
            with self.may_fail(file):
                os.ftruncate(fd, new * CELL)
            if self.random.random() < 0.5:
                self.write(fd, file, self.random.randrange(new + 1), self.random.randrange(1, 3000))
            if self.random.random() < 0.6:
                self.fsync(fd, file, "fsync-truncate")
        finally:
            os.close(fd)

    def overwritten(self):
        name, file = self.some_file()
        if name is None:
            return
        fd = os.open(self.path(0, name), os.O_RDWR)
        try:
            for _ in range(self.random.randrange(1, 4)):
                size = file.size()
                self.write(fd, file, self.random.randrange(size + 1), self.random.randrange(1, 3000))
            if self.random.random() < 0.6:
                self.fsync(fd, file, "fsync-overwrite")
        finally:
            os.close(fd)

    def unsynced(self):
        fd, name, file = self.create("u")
        try:
            self.write(fd, file, 0, self.some_size())
        finally:
            os.close(fd)

    def kept_open(self):
        """Written now, synced some steps (or a cut) later by the same handle."""
        if len(self.handles) < 3:
            fd, name, file = self.create("k")
            self.handles.append((fd, name, file))
            self.write(fd, file, 0, self.some_size())
        else:
            fd, name, file = self.handles.pop(self.random.randrange(len(self.handles)))
            try:
                self.fsync(fd, file, "fsync-kept-open", name)
            finally:
                os.close(fd)

    def unlink(self, name, file):
        file.removed = True
        with self.root.changing((name, None)):
            os.unlink(self.path(0, name))

    def unlinked(self):
        files = self.root.present(File)
        if not files:
            return
        for name, file in self.random.sample(files, min(len(files), 3)):
            self.unlink(name, file)
        if self.random.random() < 0.5:
            self.sync_names(self.root)

    def directories(self):
        return [(n, d) for n, d in self.root.present(Directory)]

    def tree(self):
        """A directory of its own with files, each level synced."""
        if len(self.directories()) > 6:
            name, directory = self.random.choice(self.directories())
            for inner, file in directory.present(File):
                file.removed = True
                with directory.changing((inner, None)):
                    os.unlink(self.path(0, name, inner))
            with self.root.changing((name, None)):
                os.rmdir(self.path(0, name))
            if self.random.random() < 0.5:
                self.sync_names(self.root)
            return
        name, directory = self.new_name("d"), Directory()
        with self.root.changing((name, directory)):
            os.mkdir(self.path(0, name))
        for _ in range(self.random.randrange(0, 4)):
            fd, inner, file = self.create(directory=directory, at=(name,))
            try:
                self.write(fd, file, 0, self.random.randrange(1, 600))
                if self.random.random() < 0.6:
                    self.fsync(fd, file, "fsync", inner, directory)
            finally:
                os.close(fd)
        if self.random.random() < 0.7:
            self.sync_names(directory, name)
        if self.random.random() < 0.7:
            self.sync_names(self.root)

    def moved(self):
        """A rename into another directory (usually another shard), both synced afterwards, or one, or none."""
        directories = self.directories()
        name, file = self.some_file()
        if name is None or not directories:
            return
        where, directory = self.random.choice(directories)
        new = self.new_name("m")
        number = Clock.tick()
        for d, n, what in ((self.root, name, None), (directory, new, file)):
            with d.lock:
                d.names.setdefault(n, [(0, None)]).append((number, what))
        try:
            os.rename(self.path(0, name), self.path(0, where, new))
        except OSError:
            self.root.failed.add(number)
            directory.failed.add(number)
            raise
        which = self.random.randrange(4)
        if which in (0, 1):
            # Either directory is enough for both names of the rename; other names only in the one that was synced.
            one, other = (directory, self.root) if which else (self.root, directory)
            self.sync_names(one, *([where] if which else []), kind="fsync-of-a-directory")
            other.synced(Clock.tick(), max(number - 1, one.lost), "fsync-of-the-other-directory", [name if which else new])

    def linked(self):
        """A second name; the first is removed when the second is durable."""
        name, file = self.some_file()
        if name is None:
            return
        new = self.new_name("l")
        with self.root.changing((new, file)):
            os.link(self.path(0, name), self.path(0, new))
        self.sync_names(self.root)
        with self.root.changing((name, None)):
            os.unlink(self.path(0, name))

    def volume_synced(self):
        """`sealfs sync` promises everything of this mount."""
        # What a mount has lost is told to one of those who sync it.
        with Actor.syncing[self.mounts[0]]:
            until = Clock.tick()
            if subprocess.run([*self.syncs, self.mounts[0]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
                Actor.told[self.mounts[0]] = Clock.cut
                return
            self.promise_all(self.root, until)

    def promise_all(self, directory, until):
        for _, what in list(directory.present(File)):
            over_a_cut = what.unsynced_before(Clock.cut)
            if not (over_a_cut and Actor.told.get(self.mounts[0]) == Clock.cut):
                what.synced(until, "sync-of-the-volume-over-a-cut" if over_a_cut else "sync-of-the-volume")
        for _, inner in directory.present(Directory):
            self.promise_all(inner, until)
        directory.synced(until, max(directory.lost, Actor.told.get(self.mounts[0], 0)), "sync-of-the-volume")

    def sync_handles(self):
        """What was open at the cut is synced by the same handle: acknowledged, then everything that was written by it is there; or an error."""
        for fd, name, file in self.handles:
            try:
                self.fsync(fd, file, "fsync-kept-open", name)
            except OSError as e:
                self.report.error(e, "the end of handles")
        self.close_handles()

    def close_handles(self):
        for fd, _, _ in self.handles:
            try:
                os.close(fd)
            except OSError as e:
                self.report.error(e, "the end of handles")
        self.handles = []

    # Checking.

    def verify(self, root, rebase):
        self.seen = collections.Counter()
        self.verify_directory(f"{root}/a{self.number}", self.root, rebase)
        self.verify_moves(self.root)
        for inner in [d for _, d in self.root.present(Directory)]:
            self.verify_moves(inner)

    def verify_directory(self, path, directory, rebase):
        try:
            there = set(os.listdir(path))
        except OSError as e:
            self.report("unreadable-directory", f"{path}: {e}")
            return
        for name in there - set(directory.names) - directory.told:
            self.report("unknown-name", f"{path}/{name}")
            directory.told.add(name)
        with directory.lock:
            names = {n: list(l) for n, l in directory.names.items()}
        for name, entries in names.items():
            observed = self.verify_name(f"{path}/{name}", [e[1] for e in entries], directory.kinds.get(name, "nothing"), name in there, rebase)
            if observed is None and name in there:
                directory.told.add(name)
            with directory.lock:
                if not rebase:
                    directory.names[name].append((Clock.tick(), observed))
                elif observed is None:
                    del directory.names[name]
                else:
                    directory.names[name] = [(0, observed)]
                    directory.kinds[name] = "seen"
                    if isinstance(observed, File):
                        observed.named, observed.removed = True, False

    def verify_name(self, path, allowed, kind, there, rebase):
        if not there:
            if None not in allowed:
                self.report(f"name-lost:{kind}", path)
            return None
        wanted = [a for a in allowed if a is not None]
        if not wanted or (allowed[-1] is None and len(allowed) == 1):
            self.report(f"name-came-back:{kind}", path)
            return None
        try:
            if os.path.isdir(path):
                directory = next((a for a in wanted if isinstance(a, Directory)), None)
                if directory is None:
                    self.report("wrong-type", path)
                else:
                    self.verify_directory(path, directory, rebase)
                return directory
            observed, number, unreadable = self.read(path)
        except OSError as e:
            self.report(f"dangling-name:{kind}", f"{path}: {e}")
            return None
        files = [a for a in wanted if isinstance(a, File)]
        file = next((f for f in files if f.number == number), None)
        if file is None and number is not None:
            self.report("other-file", f"{path} has bytes of file {number}, may be {[f.number for f in files]}")
            return None
        if file is None:
            # Without a cell that can be read: the one that may look so.
            file = next((f for f in reversed(files) if any(low <= len(observed) <= high for low, high in f.allowed_sizes())), files[-1] if files else None)
            if file is None:
                self.report("wrong-type", path)
                return None
        self.seen[file] += 1
        found, reported = generations_of(file.number, observed, 0), []
        file.check(found, unreadable, lambda name, text: reported.append((name, f"{path} (file {file.number}): {text}")))
        for name, text in reported:
            self.report(name, text)
        if rebase or reported:
            # What is there is the truth from now on: nothing is told twice.
            file.rebase(found)
        return file

    @staticmethod
    def read(path):
        """Contents, the number of the file whose bytes they are, and the pieces that cannot be read."""
        fd = os.open(path, os.O_RDONLY)
        try:
            size, parts, unreadable = os.fstat(fd).st_size, [], set()
            at = 0
            while at < size:
                want = min(1 << 20, size - at)
                try:
                    part = os.pread(fd, want, at)
                except OSError as e:
                    if e.errno != errno.EIO:
                        raise
                    part = b""
                # What cannot be read ends a read early, or fails it when it is at its beginning: then that piece is left out.
                if not part:
                    want = min((at // PIECE + 1) * PIECE, size) - at
                    try:
                        part = os.pread(fd, want, at)
                    except OSError as e:
                        if e.errno != errno.EIO:
                            raise
                    if len(part) < want:
                        unreadable.add(at // PIECE)
                        part = part + bytes(want - len(part))
                parts.append(part)
                at += len(part)
            data = b"".join(parts)
            if len(data) != size:
                raise OSError(errno.EIO, f"{len(data)} of {size} bytes could be read")
        finally:
            os.close(fd)
        words = array("I")
        words.frombytes(data[:len(data) // CELL * CELL])
        numbers = collections.Counter(n for n in words[0::16] if n)
        return data, numbers.most_common(1)[0][0] if numbers else None, unreadable

    def verify_moves(self, directory):
        """A file that was only renamed has one name at every moment."""
        with directory.lock:
            files = {e[1] for l in directory.names.values() for e in l if isinstance(e[1], File)}
        for file in files:
            if self.seen[file] == 0 and file.named and not file.removed:
                self.report("no-name-left", f"file {file.number}")
                file.removed = True


class Early:
    """Has the kernel write parts of what the nodes' disks hold in memory, as it would at any time: pages of files, or a whole file."""
    WRITE_AND_WAIT = 1 | 2 | 4

    def __init__(self, rng):
        self.random = rng

    def __call__(self, roots):
        kind = self.random.choice(["nothing", "nothing", "some", "data", "half of the disks"])
        if kind == "nothing":
            return
        for root in roots:
            if kind == "half of the disks":
                if self.random.random() < 0.5:
                    self.sync_disk(root)
                continue
            if kind == "data" and not root.endswith("/data"):
                continue
            for folder, _, names in os.walk(root):
                for name in names:
                    if self.random.random() < 0.3:
                        self.write_some(f"{folder}/{name}")

    def sync_disk(self, root):
        fd = os.open(root, os.O_RDONLY)
        libc.syncfs(fd)
        os.close(fd)

    def write_some(self, path):
        try:
            fd = os.open(path, os.O_RDONLY)
        except OSError:
            return
        try:
            pages = os.fstat(fd).st_size // 4096 + 1
            start = self.random.randrange(pages)
            libc.sync_file_range(fd, ctypes.c_int64(start * 4096), ctypes.c_int64(self.random.randrange(1, 64) * 4096), self.WRITE_AND_WAIT)
        finally:
            os.close(fd)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--volumes", required=True)
    parser.add_argument("--actors", type=int, default=3)
    parser.add_argument("--cuts", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--disks", required=True, help="mount points of the nodes' disks, with commas")
    parser.add_argument("--sync-command", default="", help="the command that syncs a whole mount, its directory is added")
    parser.add_argument("--known", default="", help="classes of violations that are counted and tolerated, with commas; * for any characters")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    report = Report([k for k in options.known.split(",") if k])
    volumes = options.volumes.split(",")
    early = Early(rng)
    actors = []

    def mount_all():
        for volume in volumes:
            for which in (1, 2):
                ask("mount", f"{volume}-{which}", volume)
        ask("mounted")

    mount_all()
    for volume in volumes:
        for _ in range(options.actors):
            actor = Actor(len(actors), volume, f"{options.work}/{volume}-1", f"{options.work}/{volume}-2", rng.randrange(1 << 30), report, options.sync_command.split())
            actor.make_root()
            actors.append(actor)

    def run_for(seconds):
        for actor in actors:
            actor.start()
        time.sleep(seconds)

    def end_all():
        for actor in actors:
            actor.stop()
        for actor in actors:
            if not actor.wait(120):
                report("call-never-returned", f"actor {actor.number}")

    spent = collections.Counter()
    for number in range(1, options.cuts + 1):
        began = time.monotonic()
        dies = rng.random() < 0.6
        report.where = f"cut {number} ({'clients die' if dies else 'clients stay'})"
        run_for(rng.uniform(0.3, 1.5))
        if rng.random() < 0.3:
            # Calm before the cut, so that what was acknowledged and not synced is all there is.
            end_all()
        spent["load"] += time.monotonic() - began
        began = time.monotonic()
        ask("cut", "die" if dies else "stay", number)
        Clock.cut = Clock.tick()
        early(options.disks.split(","))
        ask("clone")
        spent["cut and restart"] += time.monotonic() - began
        began = time.monotonic()
        if dies:
            end_all()
            for actor in actors:
                actor.close_handles()
            mount_all()
        else:
            # The load goes on over the restarted nodes for a moment: what waits for them is answered.
            end_all()
            for actor in actors:
                actor.sync_handles()
            for volume in volumes:
                ask("mount", f"{volume}-fresh", volume)
            ask("mounted")
        spent["mounts"] += time.monotonic() - began
        began = time.monotonic()
        ask("fsck")
        for actor in actors:
            actor.verify(f"{options.work}/{actor.volume}-{'1' if dies else 'fresh'}", rebase=dies)
        spent["verify"] += time.monotonic() - began
        began = time.monotonic()
        if not dies:
            for volume in volumes:
                ask("unmount", f"{volume}-fresh")
        answer = ask("checked")
        if answer != "clean":
            with open(answer.split(" ", 1)[1]) as found:
                for line in found:
                    finding = re.match(r"([A-Z][A-Za-z]+): (.*)", line)
                    if finding and finding[1] not in NO_DAMAGE:
                        report("fsck:" + finding[1], finding[2])
                    elif line.startswith("sealfs"):
                        report("fsck-failed", line)
        spent["fsck"] += time.monotonic() - began
    log(f"seed {options.seed}, {options.cuts} cuts, {sum(a.steps for a in actors)} steps, {Clock.now} operations; seconds: " + ", ".join(f"{k} {v:.1f}" for k, v in spent.items()))
    log("errors seen by the load:", dict(report.errors))
    for name, count in sorted(report.tolerated.items()):
        log(f"tolerated: {name}: {count}")
    for name, count in sorted(report.violations.items()):
        log(f"violations: {name}: {count}")
    print("end", sum(report.violations.values()), flush=True)
    os._exit(0)


main()
