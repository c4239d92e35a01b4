#!/usr/bin/env bash
# compile_cached.sh COMPILER ARGUMENT...: compiles through ccache, in its usual cache. Clones in
# different folders share what they compiled: paths below the root enter the key as relative ones,
# and the folder of the build does not enter it. Precompiled headers need the two sloppinesses.
set -euo pipefail

root=${BASH_SOURCE[0]%/*}/../..
CCACHE_BASEDIR=$(cd "$root" && pwd)
export CCACHE_BASEDIR CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
export CCACHE_SLOPPINESS=pch_defines,time_macros

output=
dependencies=
for ((i = 1; i < $#; i++)); do
  case "${!i}" in
    -o) ((i++)); output=${!i} ;;
    -MF) ((i++)); dependencies=${!i} ;;
  esac
done
if [[ $output != *.pch ]]; then
  # ccache fails where it cannot write, as in a home that is read-only, or when it has gone since the
  # tree was configured.
  cache=$(ccache --get-config cache_dir 2>/dev/null) || cache=
  if mkdir -p "$cache" 2>/dev/null && [[ -w $cache ]]; then exec ccache "$@"; fi
  exec "$@"
fi

# Clang's precompiled header names files by whole paths, so it is made in each folder anew. Beside it
# stands a checksum of the headers in it, which ccache takes for its content.
"$@"
sed -e 's/^[^:]*://' -e 's/\\$//' "$dependencies" | xargs cat | sha256sum >"$output.sum"
