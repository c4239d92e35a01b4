"""Holds tools/tidy.py to what it says of the files that a change touches."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import tidy  # noqa: E402


class Repository:
    """A git repository in a folder, whose commits are as old as the test says."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments, hours_ago=0):
        date = f"{1_700_000_000 - hours_ago * 3600} +0000"
        who = ["-c", "user.name=A", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=self.root, check=True, capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1",
                 "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}).stdout.strip()

    def commit(self, files, hours_ago=0):
        for name, text in files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-qm", "Work", hours_ago=hours_ago)
        return self.git("rev-parse", "HEAD")


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = Repository(folder.name)

    def test_the_base_is_the_commit_that_is_asked_for(self):
        self.repository.commit({"a.cpp": "1"}, hours_ago=50)
        self.assertEqual(tidy.base_of(self.repository.root, "HEAD~3"), "HEAD~3")

    def test_the_base_is_where_the_branch_left_its_upstream(self):
        left = self.repository.commit({"a.cpp": "1"}, hours_ago=50)
        self.repository.git("checkout", "-qb", "mine", "--track", "main")
        self.repository.commit({"a.cpp": "2"}, hours_ago=49)
        self.repository.commit({"a.cpp": "3"})
        self.assertEqual(tidy.base_of(self.repository.root, None), left)

    def test_the_base_is_a_day_before_a_head_that_is_its_upstream(self):
        self.repository.commit({"a.cpp": "1"}, hours_ago=50)
        day_before = self.repository.commit({"a.cpp": "2"}, hours_ago=24)
        self.repository.commit({"a.cpp": "3"}, hours_ago=23)
        self.repository.commit({"a.cpp": "4"})
        self.assertEqual(tidy.base_of(self.repository.root, None), day_before)
        self.repository.git("checkout", "-qb", "mine", "--track", "main")
        self.assertEqual(tidy.base_of(self.repository.root, None), day_before)

    def test_without_a_commit_so_old_or_a_repository_there_is_no_base(self):
        self.repository.commit({"a.cpp": "1"}, hours_ago=3)
        self.repository.commit({"a.cpp": "2"})
        self.assertIsNone(tidy.base_of(self.repository.root, None))
        with tempfile.TemporaryDirectory() as plain:
            self.assertIsNone(tidy.base_of(plain, None))

    def test_touched_is_what_is_committed_changed_or_new_and_not_what_is_moved_or_gone(self):
        lines = "".join(f"{line}\n" for line in range(20))
        base = self.repository.commit({"moved.cpp": lines, "bent.cpp": lines + "b\n",
                                       "gone.cpp": "g", "committed.cpp": "1", "same.cpp": "s",
                                       "changed.cpp": "1"})
        self.repository.git("mv", "moved.cpp", "there.cpp")
        self.repository.git("mv", "bent.cpp", "straight.cpp")
        self.repository.git("rm", "-q", "gone.cpp")
        self.repository.commit({"committed.cpp": "2", "straight.cpp": lines + "c\n"})
        for name in ("changed.cpp", "new file.cpp"):
            (self.repository.root / name).write_text("2", encoding="utf-8")
        self.assertEqual(tidy.touched_since(self.repository.root, base),
                         {"committed.cpp", "straight.cpp", "changed.cpp", "new file.cpp"})

    def test_what_differs_from_no_commit_cannot_be_told(self):
        self.repository.commit({"a.cpp": "1"})
        self.assertIsNone(tidy.touched_since(self.repository.root, "nothing"))

    def test_a_source_that_includes_a_touched_header_directly_is_chosen(self):
        texts = {"a.cpp": '#include "base/one.hpp"\n', "b.cpp": '#include "base/two.hpp"\n',
                 "c.cpp": '#include "varve/three.hpp"\n', "d.cpp": "// base/one.hpp\n"}
        self.assertEqual(tidy.chosen(texts, {"base/one.hpp"}, texts.get), ["a.cpp"])
        self.assertEqual(tidy.chosen(texts, {"include/varve/three.hpp"}, texts.get), ["c.cpp"])
        self.assertEqual(tidy.chosen(texts, {"d.cpp", "notes.md"}, texts.get), ["d.cpp"])

    def test_a_clean_result_is_forgotten_where_flags_or_a_file_change_and_not_where_the_folder_does(
            self):
        root = self.repository.root
        one, two = root / "one.hpp", root / "two.hpp"
        one.write_text("1", encoding="utf-8")
        two.write_text("2", encoding="utf-8")
        clean = tidy.CleanResults(root / "cache", "tool")
        known = clean.result("key", [str(one)])
        self.assertEqual(clean.result("key", [str(one)]), known)
        self.assertNotEqual(clean.result("key", [str(one), str(two)]), known)
        tidy.content_hash.cache_clear()
        one.write_text("3", encoding="utf-8")
        self.assertNotEqual(clean.result("key", [str(one)]), known)
        self.assertEqual(clean.flags_key("a.cpp", {"command": f"clang -I{tidy.ROOT}/include"}),
                         clean.flags_key("a.cpp", {"command": "clang -I./include"}))
        self.assertNotEqual(clean.flags_key("a.cpp", {"command": "clang -O1"}),
                            clean.flags_key("a.cpp", {"command": "clang -O2"}))

    def test_settings_of_a_folder_count_for_its_sources_alone(self):
        of_engine, of_tools = (tidy.settings_of(f"{top}/a.cpp") for top in ("engine", "tools"))
        self.assertEqual(of_engine[-1], of_tools[-1])
        self.assertNotEqual(of_engine, of_tools)
        self.assertTrue(tidy.has_settings({"engine/a.cpp", "tools/.clang-tidy"}))
        self.assertTrue(tidy.has_settings({".clang-tidy"}))
        self.assertFalse(tidy.has_settings({"engine/a.cpp"}))

    def test_without_a_cache_that_can_be_written_results_are_kept_in_the_tree(self):
        with unittest.mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "/proc/none"}):
            self.assertEqual(tidy.results_folder(), tidy.BUILD / "varve-tidy")
        with unittest.mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(self.repository.root)}):
            self.assertEqual(tidy.results_folder(), self.repository.root / "varve-tidy")

    def test_what_was_clean_when_read_deeply_need_not_be_read_again_and_not_the_other_way(self):
        root = self.repository.root
        deep, shallow = root / "deep", root / "deep.shallow"
        self.assertFalse(tidy.known_as_clean(shallow, deep))
        shallow.touch()
        self.assertTrue(tidy.known_as_clean(shallow, deep))
        self.assertFalse(tidy.known_as_clean(deep, deep))
        shallow.unlink()
        deep.touch()
        self.assertTrue(tidy.known_as_clean(shallow, deep))


if __name__ == "__main__":
    unittest.main()
