"""Holds tools/long.py to running each seed once, whenever it is stopped."""
import itertools
import pathlib
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import long  # noqa: E402


class Runner:
    """Notes what is run, and fails where a bad seed is among it."""

    def __init__(self, bad=()):
        self.bad = set(bad)
        self.ran = []
        self.lock = threading.Lock()

    def __call__(self, first, last):
        with self.lock:
            self.ran.append((first, last))
        seeds = range(first, last + 1)
        return self.bad.isdisjoint(seeds), "what it said", 10 * len(seeds)

    def seeds(self):
        return sorted(itertools.chain.from_iterable(range(a, b + 1) for a, b in self.ran))


class Seeds(unittest.TestCase):
    def test_missing_are_the_gaps(self):
        done = [(1, 3), (7, 8), (4, 4)]
        self.assertEqual(list(long.missing((1, 10), done)), [(5, 6), (9, 10)])
        self.assertEqual(list(long.missing((2, 5), done)), [(5, 5)])
        self.assertEqual(list(long.missing((2, 4), done)), [])
        self.assertEqual(list(long.missing((1, None), done)), [(5, 6), (9, None)])
        self.assertEqual(list(long.missing((1, 2), [(5, 6)])), [(1, 2)])

    def test_pieces_cover_the_same(self):
        self.assertEqual(list(long.pieces([(1, 5), (9, 9)], 2)), [(1, 2), (3, 4), (5, 5), (9, 9)])
        self.assertEqual(list(itertools.islice(long.pieces([(7, None)], 3), 2)), [(7, 9), (10, 12)])

    def test_stretches_may_lie_in_each_other(self):
        self.assertEqual(long.merged([(2, 3), (1, 9), (10, 11)]), [(1, 11)])

    def test_text_names_stretches(self):
        self.assertEqual(long.text_of([(4, 6), (1, 3), (9, 9)]), "1-6,9")
        self.assertEqual(long.text_of([]), "none")

    def test_only_a_stretch_is_taken(self):
        self.assertEqual(long.seeds_of("7"), (7, 7))
        for text in ("9-1", "a", "1-", "-1"):
            with self.assertRaises(long.argparse.ArgumentTypeError):
                long.seeds_of(text)


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.record = long.Record(pathlib.Path(folder.name) / "long")

    def run_until(self, runner, wanted, seconds=600, size=4, jobs=2):
        kind = long.Kind(runner, "units", size, jobs)
        return long.run_until(kind, self.record, wanted, seconds, "abc")

    def test_a_second_run_takes_only_what_is_left(self):
        first, second = Runner(), Runner()
        self.run_until(first, (3, 8))
        ran = self.run_until(second, (1, 20))
        self.assertEqual(second.seeds(), [1, 2, *range(9, 21)])
        self.assertRegex(long.summary("model", "units", ran, "abc"),
                         "seeds 1-2,9-20: 14 seeds run, 140 units, 0 seeds failed$")
        self.assertEqual(long.text_of(self.record.done()), "1-20")

    def test_nothing_begins_when_time_is_over(self):
        runner = Runner()
        self.assertEqual(self.run_until(runner, (1, None), seconds=0), [])
        self.assertEqual(runner.ran, [])

    def test_a_failure_is_found_among_its_stretch_and_is_not_run_again(self):
        runner = Runner(bad=[3])
        self.run_until(runner, (1, 8))
        again = Runner(bad=[3])
        self.assertEqual(self.run_until(again, (1, 8)), [])
        stretches = self.record.stretches()
        self.assertEqual([each.failed for each in sorted(stretches, key=lambda each: each.first)],
                         [[3], []])
        self.assertRegex(long.summary("model", "units", stretches, "abc"),
                         r"8 seeds run, 80 units, 1 seeds failed \(seeds 3\)$")
        self.assertEqual((self.record.folder / "failed_3").read_text(), "what it said")

    def test_what_fails_only_together_has_failed(self):
        def run(first, last):
            return first == last, "", 1
        self.assertEqual([each.failed for each in self.run_until(run, (1, 4))], [[1]])

    def test_half_a_line_was_not_run(self):
        self.run_until(Runner(), (1, 8), jobs=1)
        text = self.record.path.read_text()
        self.record.path.write_text(text[:-9])
        self.assertEqual(self.record.done(), [(1, 4)])
        self.run_until(Runner(), (1, 8), jobs=1)
        self.assertEqual(long.text_of(self.record.done()), "1-8")


if __name__ == "__main__":
    unittest.main()
