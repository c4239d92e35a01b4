#!/usr/bin/env bash
# Installs the Debian packages that are missing. Takes groups: build, test and lint, which are the
# default, bench, and arm64 and armhf, which compile for another processor.
set -euo pipefail

packages_of() {
  case "$1" in
    build)
      echo g++-12 cmake ninja-build ccache libasio-dev libconcurrentqueue-dev \
        libre2-dev libroaring-dev libzstd-dev libxxhash-dev libcli11-dev nlohmann-json3-dev \
        libhowardhinnant-date-dev
      ;;
    test)
      # prometheus brings promtool, which judges our metrics; in tmux the command has a terminal.
      echo libgtest-dev libgmock-dev libbenchmark-dev pkg-config prometheus python3 tmux
      ;;
    lint)
      # The sanitizers' and libFuzzer's runtimes are in libclang-rt-19-dev.
      echo clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev shellcheck python3
      ;;
    bench)
      # The engines that Varve is measured beside; each may be missing.
      echo libbenchmark-dev librocksdb-dev libleveldb-dev liblmdb-dev libsqlite3-dev \
        gnuplot-nox python3 valgrind
      ;;
    arm64) echo g++-12-aarch64-linux-gnu qemu-user ;;
    armhf) echo g++-12-arm-linux-gnueabihf qemu-user ;;
    *)
      echo "setup: no group '$1'; there are build, test, lint, bench, arm64 and armhf" >&2
      return 2
      ;;
  esac
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: not root, and there is no sudo" >&2
    return 1
  fi
}

apt() {
  local output
  output=$(as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null) && return
  printf '%s\nsetup: apt-get %s failed\n' "$output" "$*" >&2
  return 1
}

[[ $# -gt 0 ]] || set -- build test lint
wanted=()
for group in "$@"; do
  line=$(packages_of "$group")
  read -ra names <<<"$line"
  wanted+=("${names[@]}")
done

installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null |
  awk '$2 == "installed" { print $1 }') || true
mapfile -t missing < <(
  comm -13 <(sort -u <<<"$installed") <(printf '%s\n' "${wanted[@]}" | sort -u))
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "setup: installing ${missing[*]}"
apt update
apt install --yes --no-install-recommends "${missing[@]}"
