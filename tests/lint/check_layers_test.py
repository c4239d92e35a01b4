"""Runs tools/check_layers.py on made-up trees. A check that cannot fail is worth nothing."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/check_layers.py"

SOUND = {
    "include/varve/engine.hpp": '#pragma once\n#include <asio/post.hpp>\n#include "varve/time.hpp"',
    "include/varve/detail/completion.hpp": '#include "varve/time.hpp"',
    "engine/base/bytes.hpp": "#include <span>",
    "engine/base/checksum.cpp": "#include <xxhash.h>",
    "engine/io/file.cpp": '#include <fcntl.h>\n#include "engine/base/bytes.hpp"',
    "engine/codec/pack.cpp": '#include <zstd.h>\n#include "varve/detail/completion.hpp"',
    "engine/wal/wal.cpp": '#include "engine/wal/wal.hpp"\n#include "engine/io/file.hpp"',
    "engine/database/engine.cpp": '#include "query/scan/plan.hpp"\n#include "maintenance/keeper.hpp"',
    "query/scan/plan.cpp": '#include "engine/commit/committer.hpp"',
    "maintenance/scheduler.cpp": '#include <asio/steady_timer.hpp>',
    "include/varve/varve.h": "#include <stdint.h>",
    "tools/formats/text.cpp": '#include "varve/time.hpp"',
    "tools/varve/commands/get.cpp": '#include "tools/formats/text.hpp"\n#include "varve/engine.hpp"',
    "tools/varve/stored/dump.cpp": '#include "engine/wal/wal.hpp"\n#include <CLI/CLI.hpp>',
    "tools/setup.sh": "exit",
    "engine/CMakeLists.txt": "add_subdirectory(base)",
}


def check(files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True,
                              check=False)


class CheckLayers(unittest.TestCase):
    def expect_refused(self, name, text, reason):
        run = check(SOUND | {name: text})
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(name, run.stderr)
        self.assertIn(reason, run.stderr)

    def test_accepts_a_sound_tree(self):
        run = check(SOUND)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_refuses_an_upward_include(self):
        self.expect_refused("engine/io/up.cpp", '#include "engine/wal/wal.hpp"', "not below")

    def test_refuses_the_roof_from_below(self):
        self.expect_refused("query/scan/up.cpp", '#include "engine/database/engine_impl.hpp"', "not below")

    def test_refuses_internals_in_a_public_header(self):
        self.expect_refused("include/varve/detail/up.hpp", '#include "engine/base/bytes.hpp"',
                            "not below")

    def test_refuses_a_sibling(self):
        self.expect_refused("engine/io/side.cpp", '#include "engine/codec/pack.hpp"', "not below")
        self.expect_refused("query/scan/side.cpp", '#include "query/labels/index.hpp"', "not below")
        self.expect_refused("query/scan/side.cpp", '#include "maintenance/keeper.hpp"', "stranger")

    def test_refuses_query_and_maintenance_each_other_whatever_their_ranks(self):
        self.expect_refused("maintenance/down.cpp", '#include "query/scan/plan.hpp"', "stranger")

    def test_refuses_what_is_not_public_to_tools(self):
        self.expect_refused("tools/varve/commands/deep.cpp", '#include "engine/base/bytes.hpp"',
                            "not below")
        self.expect_refused("tools/varve/stored/deep.cpp", '#include "query/scan/plan.hpp"',
                            "not below")

    def test_refuses_the_rooms_of_tools_upwards(self):
        self.expect_refused("tools/formats/up.cpp", '#include "tools/varve/terminal/out.hpp"',
                            "not below")
        self.expect_refused("engine/io/up.cpp", '#include "tools/formats/text.hpp"', "not below")

    def test_refuses_to_reach_a_package_by_other_headers(self):
        run = check(SOUND | {"engine/codec/a.hpp": '#include "varve/engine.hpp"',
                             "engine/table/b.cpp": '#include "engine/codec/a.hpp"'})
        self.assertIn("engine/table/b.cpp: reaches asio/.+ by engine/table/b.cpp > engine/codec/a.hpp",
                      run.stderr)

    def test_refuses_a_c_header_but_the_one_for_c(self):
        self.expect_refused("include/varve/other.h", "", "varve.h")
        self.expect_refused("engine/io/other.h", "", "varve.h")

    def test_sees_through_odd_spacing(self):
        self.expect_refused("engine/io/up.cpp", '  #  include"engine/wal/wal.hpp"', "not below")

    def test_refuses_a_folder_without_a_rank(self):
        self.expect_refused("engine/attic/old.cpp", "#include <span>", "without a rank")
        self.expect_refused("engine/io/deep/old.cpp", "#include <span>", "without a rank")

    def test_refuses_an_include_of_a_folder_without_a_rank(self):
        self.expect_refused("query/scan/up.cpp", '#include "tests/support/model.hpp"', "without a rank")
        self.expect_refused("query/scan/near.cpp", '#include "plan.hpp"', "without a rank")
        self.expect_refused("engine/database/near.cpp", '#include "plan.hpp"', "without a rank")

    def test_refuses_our_own_headers_in_angle_brackets(self):
        self.expect_refused("engine/io/up.cpp", "#include <engine/wal/wal.hpp>", "quotes")
        self.expect_refused("engine/io/own.cpp", "#include <varve/time.hpp>", "quotes")

    def test_refuses_a_package_outside_its_folders(self):
        for header in ["concurrentqueue.h", "zstd.h", "roaring/roaring64map.hh", "xxhash.h",
                       "asio/post.hpp", "unistd.h"]:
            self.expect_refused("engine/memtable/big.cpp", f"#include <{header}>", "only")

    def test_refuses_an_unknown_package(self):
        self.expect_refused("engine/database/engine.cpp", "#include <boost/any.hpp>", "without a place")
        self.expect_refused("engine/database/engine.cpp", "#include <asio.hpp>", "without a place")

    def test_refuses_an_include_it_cannot_read(self):
        self.expect_refused("engine/io/odd.cpp", "#include HEADER", "cannot be read")

    def test_refuses_a_file_it_would_not_read(self):
        self.expect_refused("engine/io/odd.inc", "int table[] = {1};", "neither")

    def test_refuses_an_empty_tree(self):
        self.assertEqual(check({"README.md": "nothing"}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
