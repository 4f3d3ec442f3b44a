#!/bin/sh
# Install the gateway from this repository into a venv: `install.sh SOURCE VENV`. The image is built by it, and so can you.
set -eu
source=$1 venv=$2
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --no-cache-dir --constraint "$source/constraints.txt" "$source[postgres]"
"$venv/bin/aom-gateway" --version
