# Sourced by the scripts beside it.
# shellcheck shell=bash

# build_preset release -DVARVE_BUILD_TESTS=OFF: configures and builds. Says much only when it fails
# or to a terminal.
build_preset() {
  local preset=$1 log=build/$1.log quiet=--quiet
  shift
  mkdir -p build
  [[ ! -t 1 ]] || quiet=
  cmake --preset "$preset" "$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2; return 1; }
  cmake --build --preset "$preset" --parallel "$(nproc)" -- $quiet </dev/null
}
