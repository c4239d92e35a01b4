#!/usr/bin/env bash
# Runs what is too long for CI, and goes on where it stopped: tools/long.sh model --seconds 600
# --help says more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 -B tools/long.py "$@"
