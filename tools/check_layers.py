#!/usr/bin/env python3
"""Fails if a file includes a folder of its own rank or above, or a package that is not its own.

The two lists are the architecture. What is on neither list is an error, so that a new folder or a
new package gets its place before its first use. tests/, bench/ and tools/ may include anything.

Usage: check_layers.py [ROOT]
"""
import pathlib
import re
import sys

RANKS = [
    ["include/varve"],
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
]
ROOF = "engine/database"  # Puts everything together, so it may include everything.
RANK = {folder: rank for rank, folders in enumerate(RANKS) for folder in folders}
RANK[ROOF] = len(RANKS)

# Headers that are neither ours nor the standard library's, and the folders besides the roof that
# may include them.
PACKAGES = {
    r"asio/.+": ["include/varve", "maintenance"],
    r"concurrentqueue\.h|moodycamel/.+": ["engine/commit"],
    r"zstd\.h|zstd_errors\.h|zdict\.h": ["engine/codec"],
    r"re2/.+": ["query/labels"],
    r"roaring/.+": ["engine/table", "query/labels"],
    r"xxhash\.h": ["engine/base"],
    r"dirent\.h|fcntl\.h|unistd\.h|sys/.+": ["engine/io", "engine/memory"],
    r"pthread\.h|signal\.h": ["engine/base", "engine/commit", "maintenance"],
}

SOURCES = ["include", "engine", "maintenance", "query"]
INCLUDE = re.compile(r'\s*#\s*include\b\s*(?:"(?P<own>[^"]+)"|<(?P<other>[^>]+)>|(?P<macro>.*))')


def folder_of(path):
    """The folder of a file of the tree, or of the string in an #include."""
    folder = path.rpartition("/")[0]
    if folder.split("/")[0] == "varve":
        folder = f"include/{folder}"
    return "include/varve" if folder == "include/varve/detail" else folder


def wrong_with_own(source, target):
    if target not in RANK:
        return "is in a folder without a rank"
    strangers = {"query", "maintenance"} == {source.split("/")[0], target.split("/")[0]}
    if source not in (target, ROOF) and (RANK[target] >= RANK[source] or strangers):
        return f"is not below {source}"
    return None


def wrong_with_other(source, header):
    if folder_of(header) in RANK:
        return "is ours, so it goes in quotes"
    if re.fullmatch(r"[a-z0-9_]+", header):
        return None  # The standard library.
    for pattern, folders in PACKAGES.items():
        if re.fullmatch(pattern, header):
            if source == ROOF or source in folders:
                return None
            return f"is for {', '.join(folders)} only"
    return "is a package without a place"


def wrong_with(source, include):
    if include["own"]:
        return wrong_with_own(source, folder_of(include["own"]))
    if include["other"]:
        return wrong_with_other(source, include["other"])
    return "cannot be read here"


def violations(root):
    files = [file for folder in SOURCES for file in (root / folder).rglob("*") if file.is_file()]
    if not files:
        yield f"{root}: no sources"
    for file in sorted(files):
        name = file.relative_to(root).as_posix()
        if file.name == "CMakeLists.txt":
            continue
        if file.suffix not in (".hpp", ".cpp"):
            yield f"{name}: neither .hpp nor .cpp"
            continue
        source = folder_of(name)
        if source not in RANK:
            yield f"{name}: is in a folder without a rank"
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            include = INCLUDE.match(line)
            problem = include and wrong_with(source, include)
            if problem:
                target = include["own"] or include["other"] or include["macro"]
                yield f"{name}:{number}: {target} {problem}"


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
