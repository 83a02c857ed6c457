"""Runs in a pod on a volume: fio with verification, git clone and a prober, each in a loop, until /tmp/stop appears. Ends with an error when one of them saw one.
Prints the rounds of each, and the longest that the prober (write, fsync, read, stat, rename, unlink) had to wait for one call."""
import os, subprocess, sys, threading, time

root, results, problems = sys.argv[1], {}, []


def stopped():
    return os.path.exists("/tmp/stop") or bool(problems)


def run(name, *command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        problems.append(f"{name}: {' '.join(command)} ended with {done.returncode}: {done.stdout[-2000:]}")
    return done.returncode == 0


def fio():
    work = f"{root}/fio"
    os.makedirs(work, exist_ok=True)
    while not stopped():
        if not run("fio", "fio", "--name=verify", f"--directory={work}", "--rw=randwrite", "--bsrange=4k-64k", "--size=24m", "--ioengine=psync", "--fsync=32", "--verify=crc32c",
                   "--verify_fatal=1", "--do_verify=1", "--randrepeat=0", "--minimal"):
            return
        results["fio"] = results.get("fio", 0) + 1
        publish()


def git():
    source, clone = "/tmp/source", f"{root}/clone"
    os.environ.update(GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b", HOME="/tmp")
    if not os.path.exists(source):
        for i in range(600):
            os.makedirs(f"{source}/d{i % 30}", exist_ok=True)
            with open(f"{source}/d{i % 30}/f{i}", "w") as f:
                f.write(f"{i}\n" * (i % 97 * 5 + 1))
        if not (run("git", "git", "init", "-q", source) and run("git", "git", "-C", source, "add", ".") and run("git", "git", "-C", source, "commit", "-qm", "one")):
            return
    while not stopped():
        if not (run("git", "rm", "-rf", clone) and run("git", "git", "clone", "-q", f"file://{source}", clone) and run("git", "git", "-C", clone, "fsck", "--full")):
            return
        if not alike(source, clone):
            problems.append("git: a file of the clone has other bytes than its source")
            return
        results["git"] = results.get("git", 0) + 1
        publish()


def alike(source, clone):
    for i in range(600):
        with open(f"{source}/d{i % 30}/f{i}") as one, open(f"{clone}/d{i % 30}/f{i}") as other:
            if one.read() != other.read():
                return False
    return True


longest = [0.0]


def probe():
    name, i = f"{root}/probe", 0
    while not stopped():
        i += 1
        for call in (lambda: write(name, i), lambda: read(name, i), lambda: os.stat(name), lambda: os.rename(name, name + ".2"), lambda: os.unlink(name + ".2")):
            began = time.monotonic()
            try:
                call()
            except Exception as error:
                problems.append(f"prober: {error!r}")
                return
            if time.monotonic() - began > longest[0]:
                longest[0] = time.monotonic() - began
                publish()
        results["probe"] = i
        time.sleep(0.01)


def write(name, i):
    descriptor = os.open(name, os.O_CREAT | os.O_WRONLY, 0o644)
    os.write(descriptor, str(i).encode())
    os.fsync(descriptor)
    os.close(descriptor)


def read(name, i):
    with open(name) as f:
        assert f.read() == str(i), f"round {i} read something else"


publishing = threading.Lock()


def publish():
    with publishing:
        with open("/tmp/progress.new", "w") as f:
            f.write(f"fio {results.get('fio', 0)} git {results.get('git', 0)} longest {longest[0]:.2f}\n")
        os.rename("/tmp/progress.new", "/tmp/progress")


# The longest wait since the last reset, for one cause at a time.
def resets():
    while not stopped():
        if os.path.exists("/tmp/reset"):
            longest[0] = 0.0
            publish()
            os.unlink("/tmp/reset")
        time.sleep(0.05)


for path in ("/tmp/stop", "/tmp/reset", "/tmp/progress"):
    if os.path.exists(path):
        os.unlink(path)


def watched(one):
    try:
        one()
    except Exception as error:
        problems.append(f"{one.__name__}: {error!r}")


threads = [threading.Thread(target=watched, args=(one,)) for one in (fio, git, probe, resets)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"fio {results.get('fio', 0)} rounds, git {results.get('git', 0)} clones, {results.get('probe', 0)} rounds of the prober", flush=True)
for problem in problems:
    print(problem, flush=True)
sys.exit(1 if problems else 0)
