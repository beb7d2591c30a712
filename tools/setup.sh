#!/bin/sh
# Make .venv from the hashed lock file and put this package into it. Called by make; safe to repeat.
# Knows no address of any registry: uv and pip use the ones they are configured with.
set -eu
unset PYTHONDONTWRITEBYTECODE
cd "$(dirname "$0")/.."

old() { ! "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ ! -x .venv/bin/python ] || old .venv/bin/python; then
  python=""
  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && ! old "$name"; then
      python=$name
      break
    fi
  done
  if [ -z "$python" ]; then
    echo "setup: no Python 3.11 or newer on PATH; install one (Debian: apt-get install python3 python3-venv)" >&2
    exit 2
  fi
  echo "setup: making .venv with $("$python" --version)"
  if uv --version >/dev/null 2>&1; then
    uv venv --quiet --clear --python "$("$python" -c 'import sys; print(sys.executable)')" .venv
  elif ! "$python" -m venv --clear .venv; then
    echo "setup: $python cannot make a virtual environment; install its venv module (Debian: apt-get install python3-venv) or uv" >&2
    exit 2
  fi
fi

echo "setup: installing $(grep -c '==' requirements-dev.lock) locked packages and poly itself"
if uv --version >/dev/null 2>&1; then
  export VIRTUAL_ENV="$PWD/.venv"
  uv pip install --quiet --require-hashes -r requirements-dev.lock
  uv pip install --quiet --no-deps --no-build-isolation --editable .
else
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
date -u +%Y-%m-%dT%H:%M:%SZ > .venv/.ready
echo "setup: .venv is ready"
