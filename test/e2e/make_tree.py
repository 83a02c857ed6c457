#!/usr/bin/env python3
"""make_tree.py DIR|OUT.tar [FILES [DIRS]]: a reproducible tree of small text files (5,000 in 200 directories, sizes log-normal around 4 KiB).

About one file in 50 has a line with the word "needle". A name that ends in .tar makes an archive, another one a directory.
"""
import io, os, random, sys, tarfile

out = sys.argv[1]
files = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
dirs = int(sys.argv[3]) if len(sys.argv) > 3 else 200
rnd = random.Random(20240229)
words = ["".join(rnd.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rnd.randint(2, 10))) for _ in range(2000)]
names = [f"src/d{i // 20:02d}/m{i:03d}" for i in range(dirs)]


def text(size, needle):
    lines, length = [], 0
    while length < size:
        lines.append(" ".join(rnd.choices(words, k=rnd.randint(3, 14))) + "\n")
        length += len(lines[-1])
    if needle:
        lines.insert(len(lines) // 2, "a needle in here\n")
    return "".join(lines).encode()[:max(size, 40)]


def contents():
    for number in range(files):
        size = min(int(rnd.lognormvariate(8.3178, 1.1)), 1 << 20)
        yield f"{names[rnd.randrange(dirs)]}/file{number:05d}.txt", text(size, rnd.random() < 0.02)


if out.endswith(".tar"):
    with tarfile.open(out + ".tmp", "w", format=tarfile.USTAR_FORMAT) as archive:
        def add(name, data):
            info = tarfile.TarInfo(name)
            info.mtime = 1700000000
            if data is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(info)
            else:
                info.size, info.mode = len(data), 0o644
                archive.addfile(info, io.BytesIO(data))

        for name in sorted({prefix for d in names for prefix in ("src", os.path.dirname(d), d)}):
            add(name, None)
        for name, data in contents():
            add(name, data)
    os.rename(out + ".tmp", out)
else:
    for name in names:
        os.makedirs(f"{out}/{name}", exist_ok=True)
    for name, data in contents():
        with open(f"{out}/{name}", "wb") as f:
            f.write(data)
