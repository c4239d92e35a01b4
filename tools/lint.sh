#!/usr/bin/env bash
# Format, layers, scripts and clang-tidy, in one word. clang-tidy reads the sources that the change
# touches (tools/tidy.py says which these are), with --all every source and the tests too; --quick
# leaves it out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tidy=(tools/tidy.py)
case "$*" in
  '') ;;
  --quick) tidy=(true) ;;
  --all) tidy+=(--all) ;;
  *) echo "usage: tools/lint.sh [--quick | --all]" >&2; exit 2 ;;
esac

# clang-tidy reads what CMake says of each source, so it needs all that the build and the tests do.
if [[ ${tidy[0]} == true ]]; then tools/setup.sh lint; else tools/setup.sh build test lint; fi

# Hidden folders and build trees are not ours to judge.
sources() {
  find . \( -path './.?*' -o -path ./build \) -prune -o -name '*.[ch]pp' -print0
}

echo "lint: format"
sources | xargs -0 clang-format-19 --dry-run -Werror

echo "lint: layers and house"
python3 tools/check_layers.py
python3 -B tools/check_house.py

echo "lint: scripts"
shellcheck -x .ci/run bench/count tools/*.sh tools/cmake/*.sh

[[ ${tidy[0]} == true ]] || echo "lint: clang-tidy"
"${tidy[@]}"
echo "lint: clean"
