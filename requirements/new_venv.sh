#!/bin/sh
# Make the virtual environment $1 with pip and uv in it, unless it works already.
set -eu
venv=$1

fail() {
    echo "errata: $*" >&2
    exit 1
}

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    [ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet uv
    exit 0
fi

for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    python=
done
[ -n "$python" ] || fail "no Python 3.11 or newer was found (tried: ${PYTHON:-python3, python3.11 to python3.14}). Install one, or name it: make PYTHON=/path/to/python3"

echo "Making $venv with $("$python" --version) …"
rm -rf "$venv"
if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv "$venv"
elif "$python" -m pip --version >/dev/null 2>&1; then
    # Debian without python3-venv, but with pip: let that one fill the environment.
    "$python" -m venv --without-pip "$venv"
    "$python" -m pip --quiet --python "$venv/bin/python" install pip
else
    fail "this Python has neither ensurepip nor pip, so no environment can be made. On Debian and Ubuntu: apt install python3-venv"
fi
"$venv/bin/python" -m pip install --quiet uv ||
    fail "pip could not install uv: is a package index reachable? (pip's own settings apply)"
