#!/usr/bin/env bash
# Builds everything and runs every test. Arguments go to ctest: tools/test.sh -L unit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/build.sh

tools/setup.sh build test
build_preset test
ctest --preset test --parallel "$(nproc)" "$@" </dev/null
