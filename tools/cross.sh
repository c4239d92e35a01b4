#!/usr/bin/env bash
# shellcheck disable=SC2317  # Steps and machines are called by name.
# Builds Varve for another processor, and runs it there as qemu does: tools/cross.sh arm64|armhf
# With --library it only compiles the library.
#
# The packages of that processor are unpacked below build/cross, with lists and a state of their own,
# and never installed: what apt and dpkg know of this machine stays as it is.
#
# What runs: the parts that store and read bytes, a share of the database's tests and of the model,
# every fuzz corpus, and both ways between the two machines: a database that one of them wrote is
# read, written on and read again by the other, and both say the same of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/build.sh

case "${1:-}" in
  arm64) machine=arm64 triplet=aarch64-linux-gnu qemu=qemu-aarch64 ;;
  armhf) machine=armhf triplet=arm-linux-gnueabihf qemu=qemu-arm ;;
  *) echo "usage: tools/cross.sh arm64|armhf [--library]" >&2; exit 2 ;;
esac
library_only=false
case "${2:-}" in
  '') ;;
  --library) library_only=true ;;
  *) echo "usage: tools/cross.sh arm64|armhf [--library]" >&2; exit 2 ;;
esac

tree=$PWD/build/cross/$machine
sysroot=$tree/sysroot
log=$tree/log
# Its loader asks for folders below / in a way that qemu does not lead into the sysroot.
emulator=("$qemu" -L "$sysroot"
  -E "LD_LIBRARY_PATH=$sysroot/lib/$triplet:$sysroot/usr/lib/$triplet")
packages=(libasio-dev libconcurrentqueue-dev libre2-dev libroaring-dev libzstd-dev libxxhash-dev
  libcli11-dev nlohmann-json3-dev libhowardhinnant-date-dev libgtest-dev libgmock-dev)

say() { echo "cross: $machine: $*"; }
fail() {
  say "FAILED: $*" >&2
  exit 1
}

# Runs a step, whose output is seen where it fails.
step() {
  local name=$1 began=$SECONDS
  shift
  "$@" >"$log" 2>&1 </dev/null || { tail -n 100 "$log" >&2; fail "$name"; }
  say "$name: $((SECONDS - began)) s"
}

# An apt that knows nothing but the sources of this machine, and takes itself for the other one.
foreign_apt() {
  local state=$tree/apt
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  : >>"$state/status"
  cat >"$state/apt.conf" <<EOF
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$machine";
APT::Architectures { "$machine"; };
APT::Sandbox::User "root";
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state";
EOF
  apt-get -c "$state/apt.conf" -qq "$@"
}

unpack_packages() {
  local package
  rm -rf "$sysroot" "$tree/apt"
  # A source that has nothing for this processor, or is just being mirrored, need not matter.
  foreign_apt update || echo "some lists were not to be had"
  foreign_apt install --yes --download-only --no-install-recommends "${packages[@]}" || return
  mkdir -p "$sysroot"
  for package in "$tree"/apt/archives/*.deb; do
    dpkg-deb --extract "$package" "$sysroot" || return
  done
  rm -rf "$tree/apt"
  printf '%s\n' "${packages[@]}" >"$sysroot/complete"
}

# In the preset of the tests. Its compiler and its folder are replaced.
configure() {
  # GCC notes where it passes arguments otherwise than before version 7.
  SANITIZE=-Wno-psabi cmake --preset test -B "$tree/build" \
    --toolchain "$PWD/tools/cmake/cross.cmake" -DCMAKE_CXX_COMPILER="$triplet-g++-12" \
    -DVARVE_CROSS_TRIPLET="$triplet" -DVARVE_CROSS_SYSROOT="$sysroot" \
    "-DVARVE_CROSS_EMULATOR=$(IFS=';'; echo "${emulator[*]}")" \
    "-DVARVE_ONCE_FLAGS=-O0;-Wno-error"
}
build() { cmake --build "$tree/build" --parallel "$(nproc)" --target "$@"; }

there() { "${emulator[@]}" "$@"; }

# Tests by their suites: counts what passed, and fails where nothing did.
run_tests() {
  local name=$1 filter=$2
  there "$tree/build/tests/${name}_tests" --gtest_filter="$filter" --gtest_brief=1 &&
    grep -q '^\[  PASSED  \] [1-9]' "$log"
}
tests() {
  step "$1 tests" run_tests "$2" "$3"
  grep '^\[  PASSED  \]' "$log"
}

replay_corpora() {
  local corpus
  for corpus in tests/fuzz/corpus/*/; do
    echo "$corpus"
    there "$tree/build/tests/fuzz/$(basename "$corpus")_fuzz" "$corpus" || return
  done
}

# The command on either machine.
native_varve() { build/test/tools/varve/varve "$@"; }
foreign_varve() { there "$tree/build/tools/varve/varve" "$@"; }

# All that a database says, in one text.
answers_of() {
  local varve=$1 db=$2
  "$varve" export --db "$db" --format ndjson
  "$varve" series --db "$db" --format json
  "$varve" query --db "$db" --prefix plant/ --aggregate sum --every 1m --format csv
  "$varve" query --db "$db" --prefix plant/ --aggregate stddev --every 1h --format csv
  "$varve" query --db "$db" --prefix plant/ --aggregate p99 --format csv
  "$varve" query --db "$db" --prefix plant/ --aggregate rate --every 1h --format csv
}
# Both machines say the same of it.
compare() {
  local db=$1
  answers_of native_varve "$db" >"$tree/native" || return
  answers_of foreign_varve "$db" >"$tree/foreign" || return
  [[ $(wc -l <"$tree/native") -gt 1000 ]] || { echo "$db says little"; return 1; }
  cmp "$tree/native" "$tree/foreign"
}

# One machine makes tables and a log, the other reads them, replays the log and writes on.
exchange() {
  local maker=$1 heir=$2 db=$tree/db
  rm -rf "$db"
  python3 tools/cross_records.py 1 | "$maker" import --db "$db" --format ndjson --time-unit us || return
  "$maker" compact --db "$db" || return
  python3 tools/cross_records.py 2 | "$maker" import --db "$db" --format ndjson --time-unit us || return
  compare "$db" || return
  "$heir" inspect --db "$db" --verify || return
  python3 tools/cross_records.py 3 | "$heir" import --db "$db" --format ndjson --time-unit us || return
  compare "$db" || return
  "$heir" compact --db "$db" || return
  compare "$db" || return
  "$maker" inspect --db "$db" --verify
}

read_golden() {
  local golden
  for golden in tests/golden/*/; do
    native_varve export --db "$golden" --format ndjson >"$tree/native" || return
    foreign_varve export --db "$golden" --format ndjson >"$tree/foreign" || return
    cmp "$tree/native" "$tree/foreign" || return
  done
}

tools/setup.sh build test "$machine"
mkdir -p "$tree"
if [[ $(cat "$sysroot/complete" 2>/dev/null) != $(printf '%s\n' "${packages[@]}") ]]; then
  step packages unpack_packages
fi
step configure configure
step "library" build varve
if $library_only; then exit; fi

step "tests and command" build \
  varve_command engine_tests database_tests model_tests fuzz_targets
build_preset test varve_command

tests "unit" engine "BitPacking.*:*Column.*:Digits.*:Doubles.*:Steps.*:Words.*:ExactSum.*:\
NumberRange.*:TwoWords.*:Bytes.*:KeySort.*:LatencyHistogram.*:MemorySizes.*:ReadFile.*:\
LabelRecord.*:NumberStatistics.*:TimeSpan.*:Ranges.*:Block.*:KeyFilter.*:KeyHeads.*:PackedRows*:\
Table*.*:GoldenTables.*:VersionEdit.*:Manifest.*:ManifestCopies.*:Identity.*:IdentityFiles.*:\
FileNames.*:LockNote.*:Group.*:SegmentHeader.*:SegmentReader.*:Replay*.*:Wal.*:Batch*.*:\
MemtableTest.*:Sealing.*:ShortRows*:ArenaTest.*:MemoryBlock.*:Merge*:LiveCursor.*:Value.*:Query.*:\
PosixFileSystem.reads_and_writes_beyond_4_gib"
tests "database" database "GoldenDirectory.*:Reading.*:Writing.*:Aggregates.*:Downsample.*:Labels.*:\
Keeping.*:DamagedBlock.*:BadInput.*:Late.*:ReadOnly.*:Async.*:TimePoints.*:Lessons.l0*"
export VARVE_PROGRAMS=200
tests "model" model "*"
step "fuzz corpora" replay_corpora
step "golden directories" read_golden
step "written here, read and written on there" exchange native_varve foreign_varve
step "written there, read and written on here" exchange foreign_varve native_varve
say "passed"
