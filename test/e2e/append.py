"""append.py write FILE WRITER THREADS LINES [fsync]   appends LINES lines from each of THREADS threads, by two handles that they share
append.py check FILE WRITERS THREADS LINES [holes]      every line is there once, whole, and each thread's are in order; with "holes" zeros may lie in between,
                                                        and the lines of writers named in LOST (environment) may be missing"""
import binascii, collections, os, sys, threading

def line(writer, thread, number):
    head = b"%s %d %d " % (writer.encode(), thread, number)
    body = bytes(33 + (number * 7 + thread * 31 + i) % 90 for i in range((number * 7919 + thread * 104729) % 1100))
    return head + body.replace(b" ", b"_") + b" %08x\n" % binascii.crc32(head + body.replace(b" ", b"_"))

def write(path, writer, threads, lines, sync):
    handles = [os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) for _ in range(2)]
    failures = []
    def work(thread):
        try:
            for number in range(lines):
                data = line(writer, thread, number)
                taken = os.write(handles[thread % 2], data)
                if taken != len(data): raise OSError(f"{taken} of {len(data)} bytes of a line were taken")
                if sync: os.fsync(handles[thread % 2])
        except OSError as error: failures.append(f"{writer} {thread}: {error}")
    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for w in workers: w.start()
    for w in workers: w.join()
    for handle in handles: os.close(handle)
    if failures: sys.exit("\n".join(failures))

def check(path, writers, threads, lines, holes):
    with open(path, "rb") as f: data = f.read()
    lost = os.environ.get("LOST", "").split(",")
    zeros = data.count(0)
    if holes: data = data.replace(b"\0", b"")
    seen = collections.defaultdict(list)
    for text in data.split(b"\n")[:-1]:
        fields = text.split(b" ")
        if len(fields) != 5 or text + b"\n" != line(fields[0].decode("latin1"), int(fields[1]), int(fields[2])):
            if not (holes and lost): sys.exit(f"a torn line: {text[:100]!r} of {len(text)} bytes")
            continue
        seen[fields[0].decode(), int(fields[1])].append(int(fields[2]))
    missing = torn = 0
    for writer in writers.split(","):
        for thread in range(threads):
            got = seen.pop((writer, thread), [])
            if got != sorted(got): sys.exit(f"{writer} {thread} is out of order")
            if len(set(got)) != len(got): sys.exit(f"{writer} {thread}: {len(got) - len(set(got))} lines twice")
            if writer not in lost: missing += lines - len(got)
    if missing: sys.exit(f"{missing} lines are missing of {len(writers.split(',')) * threads * lines}")
    if zeros and not holes: sys.exit(f"{zeros} zeros")
    print(f"{len(data)} bytes, {zeros} zeros")

mode, path, writer, threads, lines = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
flag = len(sys.argv) > 6
(write if mode == "write" else check)(path, writer, threads, lines, flag)
