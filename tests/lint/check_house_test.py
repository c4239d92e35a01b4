"""Runs tools/check_house.py on made-up trees. A check that cannot fail is worth nothing."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True
import check_house  # noqa: E402
import check_layers  # noqa: E402


def page():
    ranks = {0: [check_layers.PUBLIC]} | dict(enumerate(check_layers.ENGINE, 1))
    rows = [f"| {rank} | {', '.join(f'`{f}/`' for f in folders)} | what it is |"
            for rank, folders in sorted(ranks.items(), reverse=True)]
    rooms = [f"| `{folder}/` | what it is |" for line in check_layers.TOOLS for folder in line]
    return "\n".join(["# Architecture", "", *rows, "", *rooms])


def sound_tree():
    files = {check_house.PAGE: page()}
    for folder in check_layers.RANK:
        files[f"{folder}/part.hpp"] = "#pragma once"
        files[f"{check_house.tests_of(folder)}/part_test.cpp"] = "TEST(Part, works) {}"
    for name, lines in check_house.LONG_FILES.items():
        text = files.get(name, "TEST(Part, works) {}")
        files[name] = text + "\n//" * (lines - 1)
    return files


def check(files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        return subprocess.run([sys.executable, "-B", TOOLS / "check_house.py", root],
                              capture_output=True, text=True, check=False)


class CheckHouse(unittest.TestCase):
    def expect_refused(self, name, text, reason):
        run = check(sound_tree() | {name: text})
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(reason, run.stderr)

    def test_accepts_a_sound_tree(self):
        run = check(sound_tree())
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_refuses_a_folder_without_a_case(self):
        self.expect_refused("tests/engine/io/part_test.cpp", "// Later.", "engine/io: has no case")

    def test_refuses_a_page_that_says_another_rank(self):
        moved = page().replace("`engine/io/`, ", "").replace("`engine/base/`",
                                                             "`engine/base/`, `engine/io/`")
        self.expect_refused(check_house.PAGE, moved, "rank 1 is")
        self.expect_refused(check_house.PAGE, page().replace("`tools/formats/`", "`tools/texts/`"),
                            "the rooms of tools are")

    def test_refuses_a_long_file(self):
        self.expect_refused("query/scan/long.cpp", "//\n" * check_house.FILE_LINES_MAX,
                            "query/scan/long.cpp: has 401")

    def test_refuses_a_listed_file_that_grows_or_need_not_be_listed(self):
        name, lines = next(iter(check_house.LONG_FILES.items()))
        self.expect_refused(name, "//\n" * lines, "may only shrink")
        self.expect_refused(name, "//", "leaves the list")

    def test_refuses_a_wide_folder(self):
        files = {f"query/scan/part{number}.hpp": "" for number in range(check_house.UNITS_MAX)}
        run = check(sound_tree() | files)
        self.assertIn("query/scan: has 19", run.stderr)

    def test_refuses_a_long_function(self):
        body = "void f() {\n" + "  g();\n" * (check_house.FUNCTION_LINES_MAX - 1) + "}"
        self.expect_refused("query/scan/long.cpp", body, "a function of 81 lines")

    def test_refuses_one_name_for_two_types(self):
        run = check(sound_tree() | {
            "engine/base/a.hpp": "namespace varve::engine {\nclass Counter {\n};\n}  // namespace varve",
            "query/scan/b.hpp": "namespace varve::query {\nstruct Counter {\n};\n}  // namespace varve",
        })
        self.assertIn("Counter: is a type in", run.stderr)

    def test_takes_a_declaration_for_no_type(self):
        run = check(sound_tree() | {
            "engine/base/a.hpp": "namespace varve::engine {\nclass Counter {\n};\n}  // namespace varve",
            "query/scan/b.hpp": "namespace varve::query {\nclass Counter;\n}  // namespace varve",
        })
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
