"""Holds the README to what is there: its example is the program of tests/install, and links lead."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Readme(unittest.TestCase):
    def test_example_is_the_consumer_that_the_install_tests_build(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        example = re.search(r"```cpp\n(.*?)```", text, re.DOTALL)
        consumer = (ROOT / "tests/install/consumer/main.cpp").read_text(encoding="utf-8")
        self.assertEqual(example and example[1], consumer)

    def test_links_lead_somewhere(self):
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
            for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
                if "://" not in link:
                    self.assertTrue((page.parent / link).exists(), f"{page}: {link}")


if __name__ == "__main__":
    unittest.main()
