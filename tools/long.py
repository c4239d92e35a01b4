"""Runs what is too long for CI, seed by seed, and goes on where it stopped.

    model    random programs against a std::map; a seed is a program
    differential
             random runs of a plant's database beside an oracle that is written from the headers; a
             seed is a run, and one of threads
    crash    power cuts and faults at every call, kills, damage to what a kill leaves; a seed is an
             image of each cut, a third of the faults, a kill, and 60 damaged logs
    fuzz     every fuzz target, ten seconds for each seed; what they find stays in the corpus
    soak     writers, readers and maintenance beside each other; a seed is a minute
    cross    the whole test suite built in another way: 1 clang, 2 GCC unoptimised, 3 GCC's address
             and undefined behaviour sanitizers, 4 libstdc++ with its assertions, 5 integers of 128
             bits as two words, and char unsigned; what needs no gtest: 6 libstdc++'s debug mode; and
             what tools/cross.sh runs of other processors: 7 arm64, 8 armhf

Without --seeds it takes the seeds from 1 that have not been run, until --seconds are over. Each
finished stretch of seeds is a line in build/long/NAME/done; what failed leaves its output beside it.
"""
import argparse
import concurrent.futures
import dataclasses
import datetime
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


# What is to be run: seeds as (first, last), both taken in.

def merged(stretches):
    """The same seeds in as few stretches as can be, sorted."""
    result = []
    for first, last in sorted(stretches):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def missing(wanted, done):
    """Stretches of wanted that are not in done, in order. wanted may end with None: never."""
    first, end = wanted
    for done_first, done_last in merged(done):
        if end is not None and done_first > end:
            break
        if done_first > first:
            yield first, done_first - 1
        first = max(first, done_last + 1)
    if end is None or first <= end:
        yield first, end


def pieces(stretches, size):
    """Stretches of at most size seeds that cover the same."""
    for first, last in stretches:
        while last is None or first <= last:
            until = first + size - 1 if last is None else min(first + size - 1, last)
            yield first, until
            first = until + 1


def text_of(stretches):
    texts = (str(a) if a == b else f"{a}-{b}" for a, b in merged(stretches))
    return ",".join(texts) or "none"


def seeds_of(text):
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if not match or int(match[2] or match[1]) < int(match[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not FIRST-LAST")
    return int(match[1]), int(match[2] or match[1])


# What has been run.

@dataclasses.dataclass
class Stretch:
    first: int
    last: int
    failed: list
    units: int
    commit: str


class Record:
    """The file that says what has been run. A line is whole or was never written."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "done"
        folder.mkdir(parents=True, exist_ok=True)

    def stretches(self):
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        whole = text[:text.rfind("\n") + 1]
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        return [Stretch(**json.loads(line)) for line in whole.splitlines()]

    def add(self, stretch):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dataclasses.asdict(stretch)) + "\n")

    def done(self):
        return [(stretch.first, stretch.last) for stretch in self.stretches()]


def summary(name, unit, stretches, commit):
    """One line of result, for docs/long_runs.md."""
    failed = sorted(itertools.chain.from_iterable(each.failed for each in stretches))
    run = sum(each.last - each.first + 1 for each in stretches)
    seeds = text_of((each.first, each.last) for each in stretches)
    units = sum(each.units for each in stretches)
    more = f" (seeds {', '.join(map(str, failed))})" if failed else ""
    return (f"long: {datetime.date.today()} {commit} {name}: seeds {seeds}: {run} seeds run,"
            f" {units} {unit}, {len(failed)} seeds failed{more}")


# How each kind is run: a runner gets (first, last), and returns whether all was well, the output,
# and how many units that were.

def run_command(command, **variables):
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          check=False)
    return done.returncode == 0, done.stdout


def run_model(first, last):
    count = last - first + 1
    fine, output = run_command(
        ["build/test/tests/model_tests", "--gtest_filter=*RandomPrograms*", "--gtest_brief=1"],
        VARVE_SEED=first, VARVE_PROGRAMS=count)
    return fine, output, count


def run_differential(first, last):
    fine, output = run_command(
        ["build/test/tests/differential_tests", "--gtest_filter=Differential*.*",
         "--gtest_brief=1"],
        VARVE_SEED=first, VARVE_DIFFERENTIAL_RUNS=last - first + 1)
    return fine, output, sum(map(int, re.findall(r"(\d+) answers compared", output)))


def run_crash(first, last):
    count = last - first + 1
    fine, output = run_command(
        ["build/test/tests/crash_tests", "--gtest_brief=1",
         "--gtest_filter=*PowerCut*:Kill.*:*EveryFault*:*KilledLog*"],
        VARVE_SEED=first, VARVE_IMAGES=count, VARVE_KILLS=count, VARVE_KILLED_LOGS=count)
    return fine, output, count


def run_soak(first, last):
    seconds = 60 * (last - first + 1)
    fine, output = run_command(["build/test/tests/soak_tests", "--gtest_brief=1"],
                               VARVE_SEED=first, VARVE_SOAK_SECONDS=seconds)
    return fine, output, seconds


def run_fuzz(first, last):
    executions, outputs = 0, []
    for seed in range(first, last + 1):
        for corpus in sorted((ROOT / "tests/fuzz/corpus").iterdir()):
            grown = ROOT / "build/long/fuzz/corpus" / corpus.name
            grown.mkdir(parents=True, exist_ok=True)
            fine, output = run_command(
                [f"build/asan/tests/fuzz/{corpus.name}_fuzz", f"-seed={seed}",
                 "-max_total_time=10", "-verbosity=0", "-print_final_stats=1",
                 f"-artifact_prefix=build/long/fuzz/{corpus.name}-", grown, corpus])
            executed = re.search(r"number_of_executed_units:\s*(\d+)", output)
            executions += int(executed[1]) if executed else 0
            if not fine:
                outputs.append(output)
    return not outputs, "\n".join(outputs), executions


@dataclasses.dataclass
class Build:
    """The test suite, or some of it, built in another way."""
    preset: str
    name: str
    flags: str = ""
    targets: tuple = ("all",)
    tests: str = "."   # What ctest runs of them.

    def commands(self):
        tree, jobs = f"build/long/cross/{self.name}", str(os.cpu_count())
        yield ["cmake", "--preset", self.preset, "-B", tree]
        yield ["cmake", "--build", tree, "--parallel", jobs, "--target", *self.targets]
        yield ["ctest", "--test-dir", tree, "--parallel", jobs, "--output-on-failure",
               "--tests-regex", self.tests, "--label-exclude", "lint"]

    def run(self):
        fine, output = True, ""
        for command in self.commands():
            fine, output = run_command(command, SANITIZE=self.flags)
            if not fine:
                break
        ran = re.search(r"tests failed out of (\d+)", output)
        return fine, output, int(ran[1]) if ran else 0


@dataclasses.dataclass
class Machine:
    """Another processor."""
    name: str

    def run(self):
        fine, output = run_command(["tools/cross.sh", self.name])
        return fine, output, sum(map(int, re.findall(r"PASSED  \] (\d+) test", output)))


CROSS = {
    1: Build("clang", "clang"),
    2: Build("dev", "dev"),
    3: Build("dev", "gcc_sanitizers",
             "-fsanitize=address,undefined -fno-sanitize-recover -O1 -Wno-error"),
    4: Build("test", "assertions", "-D_GLIBCXX_ASSERTIONS"),
    5: Build("test", "two_words", "-DVARVE_TWO_WORDS -funsigned-char"),
    # Debian's gtest has containers without it.
    6: Build("dev", "debug_mode", "-D_GLIBCXX_DEBUG",
             ("varve_command", "fuzz_targets", "guide_program", "example_sensor_loop",
              "example_udp_ingest"),
             r"^(fuzz|docs|example|install)\."),
    7: Machine("arm64"),
    8: Machine("armhf"),
}


def run_cross(first, last):
    tests, outputs = 0, []
    for kind in range(first, last + 1):
        fine, output, ran = CROSS[kind].run()
        tests += ran
        if not fine:
            outputs.append(output)
    return not outputs, "\n".join(outputs), tests


@dataclasses.dataclass
class Kind:
    run: callable
    unit: str
    size: int = 1      # Seeds of a stretch.
    jobs: int = 1      # Stretches beside each other.
    preset: str = ""   # What is built first.
    target: str = ""
    last: int = None   # There are no more seeds.


CORES = os.cpu_count() or 1
KINDS = {
    "model": Kind(run_model, "programs", 100, CORES, "test", "model_tests"),
    "differential": Kind(run_differential, "answers compared", 25, CORES, "test",
                         "differential_tests"),
    "crash": Kind(run_crash, "images of each cut and kills", 5, CORES, "test", "crash_tests"),
    "fuzz": Kind(run_fuzz, "inputs", 1, CORES, "asan", "fuzz_targets"),
    "soak": Kind(run_soak, "seconds", 1, 1, "test", "soak_tests"),
    "cross": Kind(run_cross, "tests", last=max(CROSS)),
}


def build(kind):
    commands = "source tools/build.sh; tools/setup.sh"
    if kind.preset:
        commands += f"; build_preset {kind.preset} {kind.target}"
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, check=True)


def run_stretch(run, folder, first, last, commit):
    """Runs the seeds. Where they fail together each is run alone, so that all are run and the
    seeds that fail are known; where none fails alone, the first stands for them."""
    fine, output, units = run(first, last)
    failed = []
    if not fine and first < last:
        alone = [run_stretch(run, folder, seed, seed, commit) for seed in range(first, last + 1)]
        units = sum(each.units for each in alone)
        failed = list(itertools.chain.from_iterable(each.failed for each in alone))
    if not fine and not failed:
        failed = [first]
        (folder / f"failed_{first}").write_text(output, encoding="utf-8")
        print(f"{output[-4000:]}\nlong: seed {first} failed; {folder}/failed_{first}", flush=True)
    return Stretch(first, last, failed, units, commit)


def run_until(kind, record, wanted, seconds, commit):
    """Runs what is missing of wanted; begins no stretch after so many seconds."""
    end = time.monotonic() + seconds
    todo = pieces(missing(wanted, record.done()), kind.size)
    ran, running = [], set()
    with concurrent.futures.ThreadPoolExecutor(kind.jobs) as pool:
        while True:
            while len(running) < kind.jobs and time.monotonic() < end:
                stretch = next(todo, None)
                if stretch is None:
                    break
                running.add(pool.submit(run_stretch, kind.run, record.folder, *stretch, commit))
            if not running:
                return ran
            finished, running = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED)
            for each in finished:
                record.add(each.result())
                ran.append(each.result())


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="tools/long.sh", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(KINDS))
    parser.add_argument("--seeds", type=seeds_of, metavar="FIRST-LAST",
                        help="run what has not been run of these")
    parser.add_argument("--seconds", type=float, default=3600,
                        help="begin nothing after so long; 3600")
    parser.add_argument("--status", action="store_true", help="say what has been run, and no more")
    options = parser.parse_args(words)
    last = KINDS[options.name].last
    if last and options.seeds and not 1 <= options.seeds[0] <= options.seeds[1] <= last:
        parser.error(f"{options.name} has the seeds 1-{last}")
    return options


def main():
    options = arguments(sys.argv[1:])
    kind = KINDS[options.name]
    record = Record(ROOT / "build/long" / options.name)
    head = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, text=True,
                          capture_output=True, check=False).stdout.strip() or "no commit"
    if options.status:
        for commit, stretches in itertools.groupby(
                sorted(record.stretches(), key=lambda each: each.commit), lambda each: each.commit):
            print(summary(options.name, kind.unit, list(stretches), commit))
        print(f"long: done {text_of(record.done())}")
        return 0
    build(kind)
    wanted = options.seeds or (1, kind.last)
    ran = run_until(kind, record, wanted, options.seconds, head)
    print(summary(options.name, kind.unit, ran, head))
    return 1 if any(each.failed for each in ran) else 0


if __name__ == "__main__":
    sys.exit(main())
