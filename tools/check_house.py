#!/usr/bin/env python3
"""Fails where the tree has outgrown its shape, or its pages say another shape than it has.

Each folder of sources has a folder of tests with a case in it; the tables of docs/architecture.md are
the lists of check_layers.py; a file, a folder and a function stay below a limit; and a name is that
of one type. What exceeds a limit already is listed here by name, with what it may not outgrow: such a
number only ever goes down.

Usage: check_house.py [ROOT]
"""
import collections
import pathlib
import re
import sys

import check_layers

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 80
UNITS_MAX = 18

LONG_FILES = {
    # The reference of everything that an engine does: comments, for the most part.
    "include/varve/engine.hpp": 457,
    "tests/database/async_test.cpp": 449,
    "tests/engine/memtable/memtable_test.cpp": 483,
    "tests/engine/wal/batch_test.cpp": 474,
    "tests/maintenance/compaction_choice_test.cpp": 431,
    "tests/maintenance/keeper_test.cpp": 607,
    "tests/model/program.cpp": 431,
}
WIDE_FOLDERS = {}
# Types that share a name on purpose.
SHARED_NAMES = {
    "Kind", "Impl",
}

# Where the tests of a folder are, if not in tests/ under its own name.
TESTS_OF = {"engine/database": "tests/database", "include/varve": "tests/engine/public"}

PAGE = "docs/architecture.md"


def lines_of(file):
    return file.read_text(encoding="utf-8").splitlines()


def sources(root, *tops):
    for top in tops:
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".hpp", ".cpp"):
                yield file, file.relative_to(root).as_posix()


def tests_of(folder):
    if folder in TESTS_OF:
        return TESTS_OF[folder]
    return f"tests/{folder}"


def without_tests(root):
    for folder in check_layers.RANK:
        if not (root / folder).is_dir():
            yield f"{folder}: has a rank, and is not there"
            continue
        cases = [file for file in (root / tests_of(folder)).glob("*_test.cpp")
                 if re.search(r"^TEST(_[FP])?\(", file.read_text(encoding="utf-8"), re.M)]
        if not cases:
            yield f"{folder}: has no case in {tests_of(folder)}"


def folders_in(cell):
    return re.findall(r"`([a-z_/]+)/`", cell)


def wrong_with_page(root):
    """A row of a table that begins with a number is one line of ENGINE, or PUBLIC; rows of folders
    without a number name each folder of TOOLS once, in the order of their ranks."""
    said = {}
    rooms = []
    for line in lines_of(root / PAGE):
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) < 2 or not line.startswith("|"):
            continue
        if cells[0].isdigit():
            said[int(cells[0])] = folders_in(cells[1])
        else:
            rooms += [folder for folder in folders_in(cells[0]) if folder in check_layers.RANK]
    meant = {0: [check_layers.PUBLIC]} | dict(enumerate(check_layers.ENGINE, 1))
    for rank in sorted(said.keys() | meant.keys()):
        if sorted(said.get(rank, [])) != sorted(meant.get(rank, [])):
            yield (f"{PAGE}: rank {rank} is {said.get(rank, 'missing')}, and in check_layers.py "
                   f"{meant.get(rank, 'missing')}")
    tools = [folder for line in check_layers.TOOLS for folder in line]
    if (sorted(rooms) != sorted(tools) or
            rooms != sorted(rooms, key=lambda room: check_layers.RANK[room])):
        yield f"{PAGE}: the rooms of tools are {rooms}, and in check_layers.py {tools}"


def over_limit(what, size, limit, allowed):
    if what in allowed:
        if size > allowed[what]:
            yield f"{what}: has {size} lines or units, and may only shrink from {allowed[what]}"
        elif size <= limit:
            yield f"{what}: is within the limit of {limit} now, so it leaves the list"
    elif size > limit:
        yield f"{what}: has {size}, and the limit is {limit}"


def too_large(root):
    units = collections.defaultdict(set)
    for file, name in sources(root, *check_layers.SOURCES, "tests", "bench"):
        yield from over_limit(name, len(lines_of(file)), FILE_LINES_MAX, LONG_FILES)
        if not name.startswith(("tests/", "bench/")):
            units[check_layers.folder_of(name)].add(file.stem)
    for folder, names in sorted(units.items()):
        if folder != check_layers.PUBLIC:
            yield from over_limit(folder, len(names), UNITS_MAX, WIDE_FOLDERS)


def long_functions(root):
    """A function begins on a line that is not indented and ends with the next brace that is not."""
    for file, name in sources(root, *check_layers.SOURCES, "tests", "bench"):
        begin = None
        for number, line in enumerate(lines_of(file), 1):
            if re.match(r"[A-Za-z~].*[^;]$", line) and not re.match(
                    r"(namespace|struct|class|enum|union|extern|constexpr|const|inline constexpr)\b",
                    line):
                begin = begin or number
            if line.startswith("}"):
                if begin and number - begin + 1 > FUNCTION_LINES_MAX:
                    yield (f"{name}:{begin}: a function of {number - begin + 1} lines; the limit is "
                           f"{FUNCTION_LINES_MAX}")
                begin = None


def types_of(text):
    """(namespace, name) of the types that a header defines directly in a namespace."""
    namespaces = []
    for line in text.splitlines():
        opened = re.match(r"namespace ([\w:]*) ?\{", line)
        if opened:
            namespaces.append(opened[1])
        elif line.startswith("}  // namespace"):
            namespaces.pop()
        else:
            # What is indented is inside of something else.
            found = re.match(r"(?:class|struct|enum class)\s+(?:\[\[\w+\]\]\s+)?(\w+)\b[^;]*$", line)
            if found:
                yield "::".join(filter(None, namespaces)), found[1]


def shared_names(root):
    places = collections.defaultdict(dict)
    for file, name in sources(root, "include", "engine", "maintenance", "query"):
        if file.suffix == ".hpp":
            for namespace, type_name in types_of(file.read_text(encoding="utf-8")):
                places[type_name].setdefault(namespace, name)
    for type_name, found in sorted(places.items()):
        if len(found) > 1 and type_name not in SHARED_NAMES:
            yield (f"{type_name}: is a type in {' and in '.join(sorted(found))}: "
                   f"{', '.join(sorted(found.values()))}")


def violations(root):
    yield from without_tests(root)
    yield from wrong_with_page(root)
    yield from too_large(root)
    yield from long_functions(root)
    yield from shared_names(root)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    found = list(violations(root))
    if found:
        print("\n".join(found), file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
