# Sourced by the scripts beside it.
# shellcheck shell=bash

# build_preset release -DVARVE_BUILD_TESTS=OFF varve_command: configures and builds, all or the
# targets that are named. Says much only when it fails or to a terminal.
build_preset() {
  local preset=$1 log=build/$1.log quiet=--quiet word
  local -a definitions=() targets=()
  shift
  for word in "$@"; do
    if [[ $word == -* ]]; then definitions+=("$word"); else targets+=("$word"); fi
  done
  mkdir -p build
  [[ ! -t 1 ]] || quiet=
  cmake --preset "$preset" "${definitions[@]}" >"$log" 2>&1 </dev/null ||
    { cat "$log" >&2; return 1; }
  cmake --build --preset "$preset" --parallel "$(nproc)" \
    ${targets:+--target "${targets[@]}"} -- $quiet </dev/null
}
