#!/usr/bin/env bash
# Format, layers and clang-tidy, in one word. clang-tidy takes minutes: --quick leaves it out, and
# only --all has it read the tests too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=false
all=false
for argument in "$@"; do
  case "$argument" in
    --quick) quick=true ;;
    --all) all=true ;;
    *) echo "usage: tools/lint.sh [--quick | --all]" >&2; exit 2 ;;
  esac
done

tools/setup.sh lint

# Hidden folders and build trees are not ours to judge.
sources() {
  find . \( -path './.?*' -o -path ./build \) -prune -o -name '*.[ch]pp' -print0
}

echo "lint: format"
sources | xargs -0 clang-format-19 --dry-run -Werror

echo "lint: layers"
python3 tools/check_layers.py

$quick && exit

tidy_one() {
  local findings
  findings=$(clang-tidy-19 -p build/lint --quiet "$1" 2>&1) && return
  grep -v 'warnings generated' <<<"$findings"
  return 1
}
export -f tidy_one

compiled_sources() {
  python3 - "$all" <<'PYTHON'
import json, pathlib, sys
left_out = {"build"}  # Made by CMake.
if sys.argv[1] == "false":
    left_out.add("tests")
root = pathlib.Path.cwd()
files = {pathlib.Path(entry["file"]).relative_to(root)
         for entry in json.load(open("build/lint/compile_commands.json"))}
for file in sorted(files):
    if file.parts[0] not in left_out:
        print(file, end="\0")
PYTHON
}

# Clang's own warnings, -Wthread-safety among them, come with it. A precompiled header would have
# to be built first.
echo "lint: clang-tidy"
mkdir -p build
cmake --preset clang -B build/lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
  -DVARVE_BUILD_BENCH=ON >build/lint.log 2>&1 || { cat build/lint.log >&2; exit 1; }
compiled_sources | xargs -0 -n 1 -P "$(nproc)" bash -c 'tidy_one "$1"' tidy_one
echo "lint: clean"
