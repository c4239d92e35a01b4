#!/usr/bin/env bash
# Builds the varve command, without tests, and runs its demo. Arguments go to `varve demo`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/build.sh

tools/setup.sh build
build_preset demo
exec build/demo/tools/varve/varve demo "$@"
