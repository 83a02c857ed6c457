#!/usr/bin/env bash
# image.sh: makes the images of these tests from this checkout and Debian packages alone: no registry, no container engine, root not needed.
# Writes archives that "kind load image-archive" and "ctr images import" take, below .build/kube (or $SEALFS_KUBE_IMAGES):
#   sealfs.tar   sealfs:e2e, and sealfs:e2e-next, which is the same under another digest: something to upgrade to
#   tools.tar    sealfs-tools:e2e: a shell, git, fio and what the tests need to look at a machine
# Needs mmdebstrap, python3 and the .NET SDK. What is newer than its sources is left as it is.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
OUT=${SEALFS_KUBE_IMAGES:-$ROOT/.build/kube}
SUITE=${SEALFS_KUBE_SUITE:-$(. /etc/os-release; [ "$ID" = debian ] && echo "$VERSION_CODENAME" || echo bookworm)}
mkdir -p "$OUT"

layer() { # FILE PACKAGE...: a root file system with these packages, unpacked but not configured: nothing in them needs that
  local file=$1 packages; shift
  [ -f "$file" ] && return
  packages=$(IFS=,; echo "$*")
  mmdebstrap --quiet --format=tar --variant=extract --mode="$([ "$(id -u)" = 0 ] && echo root || echo unshare)" --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' "$SUITE" "$file.part"
  mv "$file.part" "$file"
}

archive() { # FILE CONFIG-JSON LAYER... -- TAG...
  python3 - "$@" <<'PY'
import hashlib, io, json, sys, tarfile
file, config = sys.argv[1], json.loads(sys.argv[2])
cut = sys.argv.index("--")
layers, tags = sys.argv[3:cut], sys.argv[cut + 1:]
sums = []
for layer in layers:
    with open(layer, "rb") as f:
        sums.append(hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(f.read()).hexdigest())
with tarfile.open(file, "w") as out:
    def add(name, data):
        entry = tarfile.TarInfo(name); entry.size = len(data); out.addfile(entry, io.BytesIO(data))
    for layer, digest in zip(layers, sums):
        out.add(layer, f"{digest}.tar")
    manifest = []
    for tag in tags:
        body = json.dumps({"architecture": "amd64", "os": "linux", "config": {**config, "Labels": {"sealfs.io/tag": tag}},
                           "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in sums]}}).encode()
        name = hashlib.sha256(body).hexdigest() + ".json"
        add(name, body)
        manifest.append({"Config": name, "RepoTags": [tag], "Layers": [f"{digest}.tar" for digest in sums]})
    add("manifest.json", json.dumps(manifest).encode())
PY
}

layer "$OUT/base.layer" libc6 libgcc-s1 libstdc++6 zlib1g libssl3 ca-certificates
layer "$OUT/tools.layer" bash dash coreutils findutils grep sed gawk procps util-linux mount libc-bin fio git ca-certificates python3-minimal

# The program of ./sealfs: it needs nothing beside itself.
[ ! -e "$ROOT/.build/cli/sealfs.dll" ] || rm -f "$ROOT/.build/cli/.built"   # a quick build, which needs .NET
SEALFS_QUICK_BUILD="" "$ROOT/sealfs" --version >/dev/null
if [ ! -f "$OUT/program.layer" ] || [ "$ROOT/.build/cli/.built" -nt "$OUT/program.layer" ]; then
  rm -rf "$OUT/program"; mkdir -p "$OUT/program/opt" "$OUT/program/usr/bin"
  cp -r "$ROOT/.build/cli" "$OUT/program/opt/sealfs"
  ln -s /opt/sealfs/sealfs "$OUT/program/usr/bin/sealfs"
  tar -C "$OUT/program" --owner=0 --group=0 -cf "$OUT/program.layer" opt usr/bin/sealfs
  rm -rf "$OUT/program" "$OUT/sealfs.tar"
fi
path='"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu"]'
if [ ! -f "$OUT/sealfs.tar" ]; then
  archive "$OUT/sealfs.tar" "{\"Entrypoint\": [\"/usr/bin/sealfs\"], $path}" "$OUT/base.layer" "$OUT/program.layer" -- sealfs:e2e sealfs:e2e-next
fi
if [ ! -f "$OUT/tools.tar" ] || [ "$OUT/tools.layer" -nt "$OUT/tools.tar" ]; then
  archive "$OUT/tools.tar" "{\"Entrypoint\": [\"/bin/bash\"], $path}" "$OUT/tools.layer" -- sealfs-tools:e2e
fi
echo "$OUT/sealfs.tar $OUT/tools.tar"
