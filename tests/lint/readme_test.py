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


if __name__ == "__main__":
    unittest.main()
