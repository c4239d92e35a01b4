#!/usr/bin/env python3
"""Fails if a file includes a folder of its own rank or above, or reaches a package that is not its own.

The lists below are the architecture. tools/check_house.py compares the tables of docs/architecture.md
with them. What is on no list is an error, so that a new folder or a new package gets its place before
its first use. tests/ and bench/ may include anything.

Usage: check_layers.py [ROOT]
"""
import functools
import pathlib
import re
import sys

PUBLIC = "include/varve"

# A folder sees itself, PUBLIC, and the folders of its own list that stand above it; never a neighbour
# on its own line.
ENGINE = [
    ["engine/base"],
    ["engine/io", "engine/memory", "engine/numeric"],
    ["engine/record", "engine/directory"],
    ["engine/codec", "engine/public"],
    ["engine/wal", "engine/memtable", "engine/table"],
    ["engine/cursor"],
    ["engine/version"],
    ["engine/commit"],
    ["query/scan"],
    ["query/labels", "query/aggregate"],
    ["maintenance"],
    ["engine/database"],
]
TOOLS = [
    ["tools/formats/times"],
    ["tools/formats"],
    ["tools/formats/readers"],
    ["tools/formats/tables"],
    ["tools/varve/terminal"],
    ["tools/varve/answers", "tools/varve/help", "tools/varve/import"],
    ["tools/varve/export"],
    ["tools/varve/commands"],
    ["tools/varve/stored", "tools/varve/demo"],
]
# Top folders that do not know each other, whatever the ranks of what lies in them.
STRANGERS = {"query", "maintenance"}
# What a folder sees besides: it shows files as they lie on the disk.
SEES = {"tools/varve/stored": "engine/"}

# Headers that are neither ours nor the standard library's, and the folders that may name them.
DATABASE = "engine/database"
PACKAGES = {
    r"asio/.+": [PUBLIC, "maintenance", DATABASE],
    r"concurrentqueue\.h|moodycamel/.+": ["engine/commit"],
    r"zstd\.h|zstd_errors\.h|zdict\.h": ["engine/codec"],
    r"re2/.+": ["query/labels"],
    r"roaring/.+": ["engine/table", "query/labels"],
    r"xxhash\.h": ["engine/base"],
    r"dirent\.h|fcntl\.h|poll\.h|unistd\.h|sys/.+": ["engine/io", "engine/memory", "tools/varve"],
    r"pthread\.h|signal\.h": ["engine/base", "engine/commit", "maintenance", "tools/varve"],
    r"termios\.h|langinfo\.h": ["tools/varve/terminal"],
    r"CLI/.+": ["tools/varve/help", "tools/varve/commands", "tools/varve/stored", "tools/varve/demo"],
    r"date/.+": ["tools/formats/times"],
    r"nlohmann/.+": ["tools/varve"],
}
# Packages that few files may reach at all, through however many of our headers: what costs most to
# compile. A file or a folder.
REACH = {r"asio/.+": [PUBLIC, DATABASE, "maintenance/scheduler.cpp", "tools"]}
# C programs include it; all other headers are C++.
C_HEADERS = {"include/varve/varve.h"}

SOURCES = ["include", "engine", "maintenance", "query", "tools"]
INCLUDE = re.compile(r'\s*#\s*include\b\s*(?:"(?P<own>[^"]+)"|<(?P<other>[^>]+)>|(?P<macro>.*))')
LIST = {folder: ranks for ranks in (ENGINE, TOOLS) for line in ranks for folder in line}
RANK = {folder: rank for ranks in (ENGINE, TOOLS)
        for rank, line in enumerate(ranks, 1) for folder in line} | {PUBLIC: 0}


def path_of(include):
    """The file that the string of an #include names, from the root of the tree."""
    return f"include/{include}" if include.startswith("varve/") else include


def folder_of(path):
    folder = path.rpartition("/")[0]
    return PUBLIC if folder == f"{PUBLIC}/detail" else folder


def is_within(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def wrong_with_own(source, target):
    if target not in RANK:
        return "is in a folder without a rank"
    if target in (source, PUBLIC) or target.startswith(SEES.get(source, "/")):
        return None
    if {source.split("/")[0], target.split("/")[0]} == STRANGERS:
        return f"is a stranger to {source}"
    if LIST.get(source) is LIST[target] and RANK[target] < RANK[source]:
        return None
    return f"is not below {source}"


def wrong_with_other(source, header):
    if folder_of(path_of(header)) in RANK:
        return "is ours, so it goes in quotes"
    if re.fullmatch(r"[a-z0-9_]+|std(bool|def|int)\.h", header):
        return None  # The standard library, C's where C includes it.
    for pattern, folders in PACKAGES.items():
        if re.fullmatch(pattern, header):
            return None if is_within(source, folders) else f"is for {', '.join(folders)} only"
    return "is a package without a place"


def wrong_with(source, include):
    if include["own"]:
        return wrong_with_own(source, folder_of(path_of(include["own"])))
    if include["other"]:
        return wrong_with_other(source, include["other"])
    return "cannot be read here"


def wrong_with_name(file):
    if file.suffix in (".hpp", ".cpp"):
        return None
    if file.suffix == ".h":
        return "only varve.h, which C includes, may end in .h"
    return "neither .hpp nor .cpp"


class Tree:
    def __init__(self, root):
        self.root = root
        self.includes = {}  # File: [(line number, match)].
        self.odd = []
        for top in SOURCES:
            for file in sorted((root / top).rglob("*")):
                if file.is_file():
                    self.read(file)

    def read(self, file):
        name = file.relative_to(self.root).as_posix()
        # In tools/ other files stand beside the sources: scripts, the man page.
        is_source = file.suffix in (".hpp", ".cpp", ".h", ".cc", ".inc")
        if file.name == "CMakeLists.txt" or (name.startswith("tools/") and not is_source):
            return
        problem = None if name in C_HEADERS else wrong_with_name(file)
        if problem:
            self.odd.append(f"{name}: {problem}")
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        matches = [(number, INCLUDE.match(line)) for number, line in enumerate(lines, 1)]
        self.includes[name] = [(number, match) for number, match in matches if match]

    @functools.cache
    def way_to(self, pattern, file):
        """The files through which `file` reaches a header of the pattern, itself first; or none."""
        for _, include in self.includes.get(file, []):
            if include["other"] and re.fullmatch(pattern, include["other"]):
                return (file,)
        for _, include in self.includes.get(file, []):
            further = include["own"] and self.way_to(pattern, path_of(include["own"]))
            if further:
                return (file, *further)
        return None


def violations(root):
    tree = Tree(root)
    if not tree.includes:
        yield f"{root}: no sources"
    yield from tree.odd
    for name, includes in tree.includes.items():
        source = folder_of(name)
        if source not in RANK:
            yield f"{name}: is in a folder without a rank"
            continue
        for number, include in includes:
            problem = wrong_with(source, include)
            if problem:
                target = include["own"] or include["other"] or include["macro"]
                yield f"{name}:{number}: {target} {problem}"
        for pattern, places in REACH.items():
            way = None if is_within(name, places) else tree.way_to(pattern, name)
            if way:
                yield f"{name}: reaches {pattern} by {' > '.join(way)}"


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    found = list(violations(root))
    if found:
        print("\n".join(found), file=sys.stderr)
        print("The lists of what may include what are in tools/check_layers.py.", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
