"""Holds the pages to what is there: README's example is tests/install's program, and links lead."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*.md")]


def anchors(text):
    """What the headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def cases():
    """Suite and name of each case in C++, those of a macro of a file's own included."""
    found = set()
    for source in (ROOT / "tests").rglob("*.cpp"):
        found |= set(re.findall(r"^[A-Z_]*TEST[A-Z_]*\(\s*(\w+),\s*(\w+)\)",
                                source.read_text(encoding="utf-8"), re.MULTILINE))
    return found


class Readme(unittest.TestCase):
    def test_example_is_the_consumer_that_the_install_tests_build(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        example = re.search(r"```cpp\n(.*?)```", text, re.DOTALL)
        consumer = (ROOT / "tests/install/consumer/main.cpp").read_text(encoding="utf-8")
        self.assertEqual(example and example[1], consumer)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            for link, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", text):
                if "://" in link:
                    continue
                target = page.parent / link if link else page
                self.assertTrue(target.exists(), f"{page}: {link}")
                if anchor:
                    self.assertIn(anchor, anchors(target.read_text(encoding="utf-8")),
                                  f"{page}: {link}#{anchor}")

    def test_cases_that_pages_name_are_there(self):
        """`Suite.case`, `Suite.begins_so*`, `Suite.*`, and `Any/Suite.case` of one with parameters."""
        there = cases()
        self.assertGreater(len(there), 1000)
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            for suite, case in re.findall(r"`(?:[\w*]+/)?\*?([A-Z]\w*[a-z]\w*)\.([a-z]\w*\*?|\*)`", text):
                if case in ("txt", "hpp", "cpp", "md"):
                    continue
                begin = case.rstrip("*")
                self.assertTrue(any(one == suite and name.startswith(begin) for one, name in there)
                                or suite == "WithoutMemory",  # Named by its operations.
                                f"{page}: {suite}.{case}")


if __name__ == "__main__":
    unittest.main()
