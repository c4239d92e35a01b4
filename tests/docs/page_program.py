"""Makes one program of the pieces of code on a page: page_program.py PAGE TARGET.

- ```cpp: statements. Those of a section (## or ###) make one function, in their order. It has an
  `engine` in memory, unless the section opens one of that name.
- ```cpp declarations: goes before all functions.
- ```text: what the statements since the last such block print.

Other blocks are left alone. Compiler errors and failures name the page and its line.
"""
import pathlib
import re
import sys


def blocks(text):
    """Yields (line, heading) for headings and (line, language, code) for blocks."""
    language, first, code = None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if language is None and line.startswith("```"):
            language, first, code = line[3:], number + 1, []
        elif line == "```":
            yield first, language, "\n".join(code) + "\n"
            language = None
        elif language is not None:
            code.append(line)
        elif re.match(r"##+ ", line):
            yield number, line
    if language is not None:
        raise SystemExit(f"line {first}: a block without an end")


def program(name, text):
    declarations, sections = [], [[]]
    for line, *block in blocks(text):
        if len(block) == 1:
            sections.append([])
            continue
        language, code = block
        if language == "cpp declarations":
            declarations.append(f'#line {line} "{name}"\n{code}')
        elif language == "cpp":
            sections[-1].append(f'#line {line} "{name}"\n{code}')
        elif language == "text":
            sections[-1].append(f'page.expect({line}, R"shown({code})shown");\n')
    sections = [pieces for pieces in sections if pieces]
    parts = ['#include <exception>\n#include "tests/docs/page.hpp"\n', *declarations]
    for number, pieces in enumerate(sections):
        body = "".join(pieces)
        if not re.search(r"varve::Engine engine\b", body):
            body = "varve::Engine engine = varve::Engine::open_in_memory().value();\n" + body
        parts.append(f"static void section_{number}(varve::test::Page& page) {{\n{body}"
                     'page.expect(__LINE__, "");\n}\n')
    calls = "".join(f"    section_{number}(page);\n" for number in range(len(sections)))
    parts.append(f'''int main() {{
  varve::test::Page page("{name}");
  try {{
{calls}  }} catch (const std::exception& error) {{
    page.complain(0, error.what());
  }}
  return page.failed() ? 1 : 0;
}}
''')
    return "".join(parts)


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[1:])
    target.write_text(program(f"docs/{source.name}", source.read_text(encoding="utf-8")),
                      encoding="utf-8")
