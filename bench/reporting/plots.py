"""Plots, by gnuplot: ingest against the number of series, and throughput over time."""
import re
import shutil
import subprocess

STYLE = """set terminal pngcairo size 960,540 font 'sans,11'
set key outside right
set grid
set output '{output}'
"""


def gnuplot(script):
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def ingest_by_series(results, out):
    points = {}
    for group in results.groups("^gateway/.*/batch:1000/"):
        series = int(re.search(r"series:(\d+)", group)[1])
        for store in results.stores(group):
            rate = results.value(group, store, "records_per_s")
            if rate:
                points.setdefault(store, []).append((series, rate))
    if not points:
        return None
    script = STYLE.format(output=out / "ingest.png")
    script += ("set logscale xy\nset xlabel 'series'\nset ylabel 'records/s'\n"
               "set title 'Gateway, appended, batches of 1000'\n")
    for number, rows in enumerate(points.values()):
        script += f"$data{number} << EOD\n"
        script += "".join(f"{x} {y}\n" for x, y in sorted(rows)) + "EOD\n"
    script += "plot " + ", ".join(
        f"$data{number} with linespoints lw 2 title '{store}' noenhanced"
        for number, store in enumerate(points)) + "\n"
    gnuplot(script)
    return "ingest.png"


def throughput_over_time(out):
    traces = sorted((out / "traces").glob("mixed_appended_half_load_*.throughput"))
    if not traces:
        return None
    script = STYLE.format(output=out / "throughput.png")
    script += ("set logscale y\nset xlabel 'seconds'\nset ylabel 'records/s'\n"
               "set title 'Half of its own full load, appended, with a reader'\n")
    script += "plot " + ", ".join(
        f"'{trace}' with lines lw 2 title '{trace.stem.rpartition('_')[2]}' noenhanced"
        for trace in traces) + "\n"
    gnuplot(script)
    return "throughput.png"


def draw(results, out):
    """The names of the files that were made."""
    if not shutil.which("gnuplot"):
        return []
    return [name for name in (ingest_by_series(results, out), throughput_over_time(out)) if name]
