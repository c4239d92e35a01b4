#!/usr/bin/env python3
"""Has clang-tidy read what a change touches: tools/tidy.py, or tools/tidy.py --all for every source.

Touched are the files that differ from a base, and the sources that include such a header directly;
a file that was only moved is not. The base is the first of these that there is:

    VARVE_LINT_BASE       any name of a commit
    where the branch left its upstream, unless that is HEAD
    the last commit a day or more older than HEAD: CI's, whose clone is its upstream

Where there is none, or a .clang-tidy differs, every source is touched. Tests are read by --all only.

The static analyzer takes most of clang-tidy's time: of 16.9 s for maintenance/compaction_choice.cpp
11 s when deep and 2 s when shallow. So it is deep with --all, shallow without.

A source that was clean is not read again while the files it includes, its flags, each .clang-tidy
above it and the tool stay as they were, in whatever folder: the names of clean results are kept for 60 days in
~/.cache/varve-tidy, or below XDG_CACHE_HOME; in build/lint where that cannot be written.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/lint"
TIDY = "clang-tidy-19"
KEPT_SECONDS = 60 * 86_400
SHALLOW = [f"--extra-arg={word}"
           for word in ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")]


def output_of(*command, cwd=ROOT):
    """What the command prints, or None where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def git(*arguments, cwd=ROOT):
    text = output_of("git", *arguments, cwd=cwd)
    return None if text is None else text.strip()


def base_of(root, wanted):
    """The commit that the tree is compared with, or None."""
    if wanted:
        return wanted
    head = git("rev-parse", "HEAD", cwd=root)
    if not head:
        return None
    left = git("merge-base", "HEAD", "@{upstream}", cwd=root)
    if left and left != head:
        return left
    day_before = int(git("show", "-s", "--format=%ct", "HEAD", cwd=root)) - 86_400
    return git("rev-list", "-1", f"--before={day_before}", "HEAD", cwd=root) or None


def touched_since(root, base):
    """The files that differ from base, or None where that cannot be told."""
    listed = output_of("git", "diff", "--name-status", "-M", "-z", "--diff-filter=d", base, cwd=root)
    added = output_of("git", "ls-files", "--others", "--exclude-standard", "-z", cwd=root)
    if listed is None or added is None:
        return None
    files = set(filter(None, added.split("\0")))
    words = iter(filter(None, listed.split("\0")))
    for kind in words:
        name = next(words)
        if kind[0] in "RC":
            name = next(words)
        if kind != "R100":
            files.add(name)
    return files


def chosen(sources, touched, text_of):
    """The sources that are touched, or include a touched header directly."""
    headers = {name for name in touched if name.endswith(".hpp")}
    # Public headers are included by their names below include/.
    headers |= {name.removeprefix("include/") for name in headers}
    def includes_one(source):
        return not headers.isdisjoint(re.findall(r'^#include "([^"]+)"', text_of(source), re.M))
    return [source for source in sources if source in touched or headers and includes_one(source)]


def compile_commands():
    """Source (from the root) -> its entry. Clang's own warnings, -Wthread-safety among them, come
    with it. A precompiled header would have to be built first."""
    done = subprocess.run(
        ["cmake", "--preset", "clang", "-B", BUILD, "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
         "-DCMAKE_CXX_COMPILER_LAUNCHER=", "-DVARVE_BUILD_BENCH=ON"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    entries = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    by_source = {os.path.relpath(entry["file"], ROOT): entry for entry in entries}
    return {name: by_source[name] for name in sorted(by_source) if not name.startswith("build/")}


@functools.cache
def content_hash(path):
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    except OSError:
        return "absent"


def settings_of(source):
    """What the .clang-tidy files above a source hold: those of folders add to the root's."""
    return [content_hash(ROOT / folder / ".clang-tidy")
            for folder in pathlib.PurePath(source).parents]


def has_settings(touched):
    return any(pathlib.PurePath(name).name == ".clang-tidy" for name in touched)


class CleanResults:
    """Which sources were clean, by what clang-tidy read."""

    def __init__(self, folder, tool):
        self.folder = folder
        self.tool = tool
        folder.mkdir(parents=True, exist_ok=True)

    def flags_key(self, source, entry):
        flags = entry["command"].replace(str(ROOT), ".")
        words = [self.tool, *settings_of(source), source, flags]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]

    def result(self, key, files):
        lines = "".join(f"{name} {content_hash(ROOT / name)}\n" for name in files)
        return self.folder / f"{key}-{hashlib.sha256(lines.encode()).hexdigest()[:32]}"

    def files_before(self, key):
        """The files that the source included when it was last read, or none."""
        try:
            return (self.folder / f"{key}.files").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def remember_files(self, key, files):
        (self.folder / f"{key}.files").write_text("\n".join(files), encoding="utf-8")

    def forget_old(self):
        for path in self.folder.iterdir():
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink(missing_ok=True)


def included_files(entry):
    """All files that the compiler reads for the source, those of the project from the root."""
    command = shlex.split(entry["command"])
    at = command.index("-o")
    listed = output_of(*command[:at], *command[at + 2:], "-M", cwd=entry["directory"]) or ""
    names = re.sub(r"^[^:]*:|\\\n", " ", listed).split()
    return sorted(os.path.normpath(name).removeprefix(f"{ROOT}/") for name in names)


def results_folder():
    """Where clean results are kept: in the user's cache, or in the tree if that cannot be written."""
    try:
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
        folder = cache / "varve-tidy"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):
        pass
    return BUILD / "varve-tidy"


def known_as_clean(result, deep):
    """What was clean when read deeply is clean when read shallowly."""
    if deep.exists() or result.exists():
        (deep if deep.exists() else result).touch()
        return True
    return False


def read(source, entry, clean, is_deep):
    """Returns what clang-tidy finds in the source, or "", and whether it had to read it."""
    def results(files):
        deep = clean.result(key, files)
        return (deep if is_deep else deep.with_suffix(".shallow")), deep

    key = clean.flags_key(source, entry)
    known = clean.files_before(key)
    if known and known_as_clean(*results(known)):
        return "", False
    files = included_files(entry)
    if files and known_as_clean(*results(files)):
        clean.remember_files(key, files)
        return "", False
    done = subprocess.run(
        [TIDY, "-p", BUILD, "--quiet", *([] if is_deep else SHALLOW), source], cwd=ROOT, text=True,
        check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        if files:
            clean.remember_files(key, files)
            results(files)[0].touch()
        return "", True
    lines = [line for line in done.stdout.splitlines() if "warnings generated" not in line]
    return "\n".join(lines) or f"{source}: {TIDY} failed", True


def main():
    everything = sys.argv[1:] == ["--all"]
    if sys.argv[1:] and not everything:
        print("usage: tools/tidy.py [--all]", file=sys.stderr)
        return 2
    base = None if everything else base_of(ROOT, os.environ.get("VARVE_LINT_BASE"))
    touched = touched_since(ROOT, base) if base else None
    if base and touched is None:
        print(f"lint: no commit {base}; reading every source", file=sys.stderr)
    commands = compile_commands()
    sources = [name for name in commands if everything or not name.startswith("tests/")]
    if touched is not None and not has_settings(touched):
        sources = chosen(sources, touched,
                         lambda name: (ROOT / name).read_text(encoding="utf-8"))
    clean = CleanResults(results_folder(), output_of(TIDY, "--version") or "")
    clean.forget_old()
    taken = failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for findings, was_read in pool.map(
                lambda name: read(name, commands[name], clean, everything), sources):
            taken += was_read
            if findings:
                failed += 1
                print(findings, flush=True)
    since = f"touched since {base[:12]}" if touched is not None else "in all"
    print(f"lint: {len(sources)} sources {since}, {taken} of them read,"
          f" {len(sources) - taken} known to be clean, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
