#!/bin/sh
# A stand-in for python:3.11-slim, for machines that reach no registry: Debian from its own mirror, and the CPython of this
# machine without what the real image leaves out. It shows that the Dockerfile works; never ship what is built on it.
# Usage, as root: base.sh WORK-FOLDER NAME PYTHON
set -eu
FOLDER="$1/rootfs" NAME="$2" PYTHON="$3"
VERSION=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
HOME_OF=$("$PYTHON" -c 'import sys; print(sys.base_prefix)')
MIRROR=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' | sed -n 's/ main$//p' | head -n 1)
CODENAME=$(. /etc/os-release && echo "$VERSION_CODENAME")
LIBRARIES=ca-certificates,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3,libuuid1,zlib1g

rm -rf "$FOLDER"
debootstrap --variant=minbase --include="$LIBRARIES" "$CODENAME" "$FOLDER" "$MIRROR" >"$1/debootstrap.log"
rm -rf "$FOLDER"/var/cache/apt/* "$FOLDER"/var/lib/apt/lists/* "$FOLDER"/usr/share/doc "$FOLDER"/usr/share/locale "$FOLDER"/usr/share/man

LOCAL="$FOLDER/usr/local"
cp -a "$HOME_OF/bin/python$VERSION" "$LOCAL/bin/"
cp -a "$HOME_OF"/lib/libpython"$VERSION".so* "$LOCAL/lib/" 2>/dev/null || true # linked into the program
tar -C "$HOME_OF/lib" -c --exclude='site-packages/*' --exclude=__pycache__ --exclude=test --exclude=tests --exclude=idle_test \
    --exclude="config-$VERSION*" "python$VERSION" | tar -C "$LOCAL/lib" -x
mkdir -p "$LOCAL/lib/python$VERSION/site-packages"
"$PYTHON" -m venv --clear "$1/pip" # with a pip of its own, and nothing that was added to this machine's
cp -a "$1/pip/lib/python$VERSION"/site-packages/pip* "$LOCAL/lib/python$VERSION/site-packages/"
find "$LOCAL" -name __pycache__ -prune -exec rm -rf {} +
ln -s "python$VERSION" "$LOCAL/bin/python3"
ln -s python3 "$LOCAL/bin/python"
printf '#!/usr/local/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n' >"$LOCAL/bin/pip"
chmod 755 "$LOCAL/bin/pip"
chroot "$FOLDER" ldconfig

tar -C "$FOLDER" -c . | podman import --quiet --change CMD=python3 \
    --change ENV=PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin - "$NAME"
rm -rf "$FOLDER" "$1/pip"
