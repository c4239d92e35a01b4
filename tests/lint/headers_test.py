"""Holds the public headers to what a program meets that includes any of them first."""
import pathlib
import re
import unittest

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
REQUIREMENTS = "varve/detail/requirements.hpp"
HEADERS = {file.relative_to(INCLUDE).as_posix(): file.read_text(encoding="utf-8")
           for file in INCLUDE.rglob("*.hpp")}


def includes(text):
    return re.findall(r'^#include [<"]([^>"]+)[>"]', text, re.MULTILINE)


def reached(header):
    """All of our headers that it includes, through however many others."""
    found, left = set(), [header]
    while left:
        for include in includes(HEADERS[left.pop()]):
            if include in HEADERS and include not in found:
                found.add(include)
                left.append(include)
    return found


class Headers(unittest.TestCase):
    def test_requirements_come_before_everything_else(self):
        self.assertGreater(len(HEADERS), 25)
        for name, text in HEADERS.items():
            if name != REQUIREMENTS:
                self.assertEqual(includes(text)[0], REQUIREMENTS, name)

    def test_who_opens_an_engine_asks_how_the_library_was_built(self):
        self.assertIn("varve/detail/debug_mode.hpp", reached("varve/engine.hpp"))

    def test_nothing_needs_exceptions_or_rtti(self):
        for name, text in HEADERS.items():
            code = re.sub(r"//.*", "", text)
            self.assertNotRegex(code, r"\b(try *\{|catch *\(|throw\b|dynamic_cast|typeid)", name)


if __name__ == "__main__":
    unittest.main()
