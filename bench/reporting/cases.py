"""Runs the cases one by one, each in a process of its own, and keeps their numbers."""
import collections
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# What Google Benchmark says besides the counters.
NOT_COUNTERS = {"family_index", "per_family_instance_index", "repetitions", "repetition_index",
                "threads", "iterations", "real_time", "cpu_time"}
# Measured for sizes, which come out the same each time.
ONCE = re.compile("cardinality/|memory/|reads/appended/jitter_ms:0/")
SUFFIX = "/iterations:1/manual_time"
CASE_SECONDS_MAX = 1_200


class Results:
    """The counters of each case, by repetition, and what failed."""

    def __init__(self):
        self.runs = collections.defaultdict(list)
        self.failures = {}

    def add(self, name, counters):
        self.runs[name].append(counters)

    def value(self, group, store, counter):
        """The median over the repetitions, or None where it was not measured."""
        values = [run[counter] for run in self.runs.get(f"{group}/{store}", []) if counter in run]
        return statistics.median(values) if values else None

    def groups(self, pattern=""):
        """The cases without their store, in the order of their first run."""
        return list(dict.fromkeys(name.rpartition("/")[0] for name in self.runs
                                  if re.search(pattern, name)))

    def stores(self, group=None):
        return list(dict.fromkeys(name.rpartition("/")[2] for name in self.runs
                                  if group is None or name.rpartition("/")[0] == group))

    def as_json(self):
        return {name: runs for name, runs in sorted(self.runs.items())}


class Runner:
    def __init__(self, bench_dir, data_dir, out, quick):
        self.load = bench_dir / "load/varve_load"
        self.micro = bench_dir / "micro/varve_micro"
        self.bits_of = bench_dir / "micro/varve_bits"
        self.data_dir = data_dir
        self.traces = out / "traces"
        self.flags = ["--quick"] if quick else []
        self.quick = quick

    def run(self, only, repetitions):
        """Stores take turns within each repetition, so that a noisy minute hits all of them."""
        shutil.rmtree(self.traces, ignore_errors=True)
        self.traces.mkdir(parents=True)
        results = Results()
        names = [name for name in self.list_cases() if re.search(only, name)]
        for repetition in range(repetitions):
            for name in names:
                if repetition == 0 or not ONCE.match(name):
                    self.run_case(name, repetition, results)
        if re.search(only, "micro"):
            self.run_micro(results)
        shutil.rmtree(self.data_dir, ignore_errors=True)
        return results

    def list_cases(self):
        listed = subprocess.run([self.load, *self.flags, "--benchmark_list_tests"],
                                capture_output=True, text=True, check=True)
        return [line.removesuffix(SUFFIX) for line in listed.stdout.splitlines()]

    def run_case(self, name, repetition, results):
        began = time.monotonic()
        benchmarks, problem = self.benchmark(
            [self.load, *self.flags, f"--dir={self.data_dir}", f"--traces={self.traces}",
             f"--benchmark_filter=^{re.escape(name)}{SUFFIX}$"])
        for benchmark in benchmarks:
            problem = problem or benchmark.get("error_message")
            results.add(name, counters_of(benchmark))
        if not benchmarks and not problem:
            problem = "did not run"
        if problem:
            results.failures[name] = problem
            results.runs.pop(name, None)
        self.say(f"{repetition + 1}: {name}: {problem or 'ok'} "
                 f"({time.monotonic() - began:.1f} s)")

    def run_micro(self, results):
        seconds = "0.01" if self.quick else "0.2"
        benchmarks, problem = self.benchmark(
            [self.micro, f"--benchmark_min_time={seconds}"])
        for benchmark in benchmarks:
            counters = counters_of(benchmark)
            to_ns = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[benchmark["time_unit"]]
            # Another program's noise is not in the processor's time, but with it goes waiting.
            clock = "real_time" if "/real_time" in benchmark["name"] else "cpu_time"
            counters["ns"] = benchmark[clock] * to_ns
            results.add(f"micro/{benchmark['name']}/varve", counters)
            problem = problem or benchmark.get("error_message")
        if problem:
            results.failures["micro"] = problem
        self.say(f"micro: {problem or 'ok'}")

    def bits(self, data, results):
        """What columns of real data take, as the program prints it."""
        ran = subprocess.run([self.bits_of, f"--data={data}"], capture_output=True, text=True)
        problem = ran.stderr.strip() if ran.returncode != 0 else None
        if problem:
            results.failures["bits"] = problem
        self.say(f"bits: {problem or 'ok'}")
        return f"### Bits of real data\n\n{ran.stdout}\n"

    @staticmethod
    def benchmark(command):
        """What a benchmark's process measured, and what went wrong."""
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            try:
                ran = subprocess.run([*command, f"--benchmark_out={file.name}"],
                                     capture_output=True, text=True, timeout=CASE_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                return [], f"did not end within {CASE_SECONDS_MAX} s"
            text = file.read()
        benchmarks = json.loads(text)["benchmarks"] if text.strip() else []
        problem = None
        if ran.returncode != 0:
            lines = ran.stderr.strip().splitlines()
            problem = next((b["error_message"] for b in benchmarks if b.get("error_occurred")),
                           f"exit status {ran.returncode}: {lines[-1] if lines else ''}")
        return benchmarks, problem

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)


def counters_of(benchmark):
    return {key: value for key, value in benchmark.items()
            if key not in NOT_COUNTERS and isinstance(value, (int, float))
            and not isinstance(value, bool)}
