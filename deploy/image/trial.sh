#!/bin/sh
# Builds the image and tries it: read-only, without capabilities, in front of a real Orthanc, replaced under load.
# Where a registry can be reached, IMAGE_BASE=pull builds on its python:3.11-slim; otherwise deploy/image/base.sh makes a
# stand-in. As root on Debian, with podman, runc and debootstrap. Nothing is left outside build/image.
set -eu
cd "$(dirname "$0")/../.."
PYTHON="${PYTHON:-.venv/bin/python}"
WORK="$PWD/build/image"
NAME=localhost/pacs-gateway
BASE=python:3.11-slim
for tool in podman runc debootstrap; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: apt-get install podman runc debootstrap)" >&2; exit 1; }
done

mkdir -p "$WORK"
# Of its own: a stand-in must never be found under its name by anybody else. The rest is for small and nested machines.
export CONTAINERS_STORAGE_CONF="$WORK/storage.conf" CONTAINERS_CONF="$WORK/containers.conf"
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$WORK" "$WORK" >"$CONTAINERS_STORAGE_CONF"
printf '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$CONTAINERS_CONF"
# pip in the build finds what pip finds here.
{
    echo '[global]'
    "$PYTHON" -m pip config list | sed -nE "s/^(global|:env:)\.(cert|index-url|proxy|trusted-host)='(.*)'$/\2 = \3/p" | sort -u -t ' ' -k 1,1
} >"$WORK/pip.conf"

PULL=missing
if [ "${IMAGE_BASE:-}" != pull ]; then
    PULL=never
    podman image exists "localhost/$BASE" || deploy/image/base.sh "$WORK" "localhost/$BASE" "$PYTHON"
fi
podman build --format docker --pull="$PULL" --network host --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --volume "$WORK/pip.conf:/etc/pip.conf:ro" --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || true)" --tag "$NAME" . \
    >"$WORK/build.log" 2>&1 || { tail -n 30 "$WORK/build.log" >&2; exit 1; }

echo "$(podman --version), kernel $(uname -r)"
podman history --format '{{.Size}}	{{.CreatedBy}}' "$NAME" | grep -v '^0 B' || true
podman images --format '{{.Repository}}:{{.Tag}}	{{.Size}}'
podman image save "$NAME" | gzip -1 | wc -c | awk '{printf "compressed, with its base\t%.1f MB\n", $1 / 1e6}'
CI=true "$PYTHON" -m pytest -q -s --image "$NAME" tests/image/trial.py tests/pacs/test_orthanc_client.py tests/pacs/test_orthanc.py
