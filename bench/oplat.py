#!/usr/bin/env python3
"""oplat.py DIR [N]: latency of single calls in microseconds, one caller, on N fresh files (default 400).

One line for each operation: name, median, 99th percentile. "cold" rows follow a drop of the client's dentries and inodes (needs root); the fill of the tables
is not measured. The file handle rows use one open file.
"""
import os, shutil, sys, time

root = f"{sys.argv[1]}/oplat.{os.getpid()}"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
few = max(count // 4, 1)
small = b"s" * 3901
page = b"p" * 4096
files = [f"{root}/file.{i:06d}" for i in range(count)]
WRITE = os.O_CREAT | os.O_EXCL | os.O_WRONLY


def go_cold():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("2")


def measure(name, call, arguments, cold=False):
    if cold:
        go_cold()
    times = []
    clock = time.perf_counter_ns
    for argument in arguments:
        began = clock()
        call(argument)
        times.append(clock() - began)
    times.sort()
    print(f"{name}\t{times[len(times) // 2] / 1000:.1f}\t{times[int(len(times) * 0.99)] / 1000:.1f}", flush=True)


def create(path):
    os.close(os.open(path, WRITE, 0o644))


def create_small(path, sync=False):
    fd = os.open(path, WRITE, 0o644)
    os.write(fd, small)
    if sync:
        os.fsync(fd)
    os.close(fd)


def read_small(path):
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 8192)
    os.close(fd)


os.mkdir(root)
try:
    measure("create+close", create, files)
    measure("stat, cold", os.stat, files, cold=True)
    measure("stat, again", os.stat, files)
    measure("chmod", lambda path: os.chmod(path, 0o600), files)
    measure("rename", lambda path: os.rename(path, path + "~"), files)
    measure("list 1 directory, cold", lambda _: os.listdir(root), [0], cold=True)
    measure("unlink", lambda path: os.unlink(path + "~"), files)
    measure("create+write+close", create_small, files)
    measure("open+read+close, cold", read_small, files, cold=True)
    measure("open+read+close, again", read_small, files)
    for path in files:
        os.unlink(path)
    measure("create+write+fsync+close", lambda path: create_small(path, True), files[:few])
    measure("mkdir", lambda path: os.mkdir(path + ".d"), files[:few])
    measure("rmdir", lambda path: os.rmdir(path + ".d"), files[:few])
    fd = os.open(f"{root}/log", WRITE, 0o644)
    measure("append 4 KiB", lambda _: os.write(fd, page), range(count))
    measure("append 4 KiB + fsync", lambda _: (os.write(fd, page), os.fsync(fd)), range(few))
    os.close(fd)
finally:
    shutil.rmtree(root, ignore_errors=True)
