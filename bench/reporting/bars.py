"""What Varve is meant to reach, each with what was measured. Ratios are within one run."""
from reporting.tables import PEERS

THOUSAND = "gateway/appended/series:1000/batch:1000"
MILLION = "gateway/appended/series:1000000/batch:1000"
FLOW_COUNTERS = {
    "sequential_write_per_s": True, "concurrent_write_per_s": True, "get_per_s": True,
    "get_per_s_settled": True, "prefix_queries_per_s": True, "prefix_queries_per_s_settled": True,
    "scan_records_per_s": True, "scan_records_per_s_settled": True, "disk_bytes": False}


class Bars:
    """Rows of (what, bar, measured, met); met is None where something was not measured."""

    def __init__(self, results):
        self.results = results
        self.rows = []

    def value(self, group, counter, store="varve"):
        return self.results.value(group, store, counter)

    def at_least(self, what, measured, bar, form="{:.3g}", unit=""):
        self.add(what, f">= {form.format(bar)}{unit}", measured, lambda x: x >= bar, form, unit)

    def at_most(self, what, measured, bar, form="{:.3g}", unit=""):
        self.add(what, f"<= {form.format(bar)}{unit}", measured, lambda x: x <= bar, form, unit)

    def add(self, what, bar, measured, met, form="{:.3g}", unit=""):
        if measured is None:
            self.rows.append((what, bar, "not measured", None))
        else:
            self.rows.append((what, bar, form.format(measured) + unit, met(measured)))

    @staticmethod
    def ratio(a, b):
        return a / b if a is not None and b else None

    def against(self, group, counter, peer, store="varve", peer_counter=None):
        return self.ratio(self.value(group, counter, store),
                          self.value(group, peer_counter or counter, peer))


def ingest(bars):
    for peer in ("leveldb", "lmdb"):
        bars.at_least(f"ingest by key, batch 1000, 1 K series, against {peer}",
                      bars.against(THOUSAND, "records_per_s", peer), 10, unit="x")
    by_handle = bars.value(THOUSAND, "records_per_s", "varve_handle")
    bars.at_least("the same by handle", bars.ratio(by_handle, 1e6), 15, unit=" M/s")
    bars.at_least("1 M series, of the rate of 1 K",
                  bars.ratio(bars.value(MILLION, "records_per_s"),
                             bars.value(THOUSAND, "records_per_s")), 0.25)
    peak = bars.value("cardinality/appended", "memory_per_series_peak")
    data = bars.value("cardinality/appended", "data_bytes_per_series")
    bars.at_most("memory for each series besides its data",
                 None if peak is None else peak - data, 300, unit=" B")


def flow_table(bars):
    for counter, more_is_better in FLOW_COUNTERS.items():
        ours = bars.value("flow_table/appended", counter)
        theirs = [bars.value("flow_table/appended", counter, peer) for peer in PEERS]
        theirs = [value for value in theirs if value]
        margin = None
        if ours and theirs:
            margin = ours / max(theirs) if more_is_better else min(theirs) / ours
        bars.add(f"FlowDB's table, {counter}, against the best peer", "first", margin,
                 lambda x: x > 1, unit="x")


def durable(bars):
    bars.at_least("durable, batch 1000, of the formula",
                  bars.value("sync/durable/writers:1/batch:1000", "of_formula"), 0.7)
    bars.at_least("durable, 64 outstanding asynchronous writes, of the formula",
                  bars.value("sync/durable/writers:1/batch:1", "of_formula", "varve_async"), 0.7)
    blocking = bars.value("sync/durable/writers:64/batch:1", "of_formula")
    bars.add("durable, 64 blocking writers, of the formula", "reported", blocking,
             lambda _: None)


def reads(bars):
    regular, group = "reads/appended/jitter_ms:0", "reads/appended/jitter_ms:20"
    bars.at_least("full scan by columns, cached, against lmdb",
                  bars.against(group, "scan_columns_records_per_s", "lmdb",
                               peer_counter="scan_records_per_s"), 8, unit="x")
    bars.at_least("full scan, record by record, against lmdb",
                  bars.against(group, "scan_records_per_s", "lmdb"), 2, unit="x")
    whole = bars.value(group, "range_records") == 1_000
    bars.at_most("one series, 1,000 records", bars.value(group, "range_us") if whole else None,
                 10, unit=" us")
    bars.at_most("get, hot", bars.value(group, "get_us"), 0.7, unit=" us")
    bars.at_most("latest", bars.value(group, "latest_us"), 0.3, unit=" us")
    bars.at_most("disk for each record, decimal sensors at a regular step",
                 bars.value(regular, "disk_bytes_per_record"), 1.4, unit=" B")
    bars.at_most("disk of the jittered gateway, of its entropy",
                 bars.value(group, "disk_per_entropy"), 1.15, unit="x")


def steadiness(bars):
    results = bars.results
    amplified = [value for group in results.groups("^(gateway|late|logs|mixed)/")
                 if (value := bars.value(group, "engine.table_amplification"))]
    bars.at_most("bytes written to tables, of the encoded size, the worst workload",
                 max(amplified, default=None), 3, unit="x")
    half = "mixed/appended/half_load"
    bars.at_most("write p99.9 at half load, of its p50",
                 bars.ratio(bars.value(half, "write_p999_us"), bars.value(half, "write_p50_us")),
                 20, unit="x")
    bars.at_most("longest stall at half load", bars.value(half, "longest_stall_ms"), 50,
                 unit=" ms")


def imports(bars):
    for text, bar in (("csv_long", 3), ("csv_wide", 6), ("lp_one_field", 2), ("lp_ten_fields", 2),
                      ("ndjson", 1.5)):
        rate = bars.value(f"micro/import_{text}/real_time", "items_per_second")
        bars.at_least(f"import of {text.replace('_', ', ', 1).replace('_', ' ')}",
                      bars.ratio(rate, 1e6), bar, unit=" M/s")


def evaluate(results):
    bars = Bars(results)
    for part in (ingest, flow_table, durable, reads, steadiness, imports):
        part(bars)
    return bars.rows


def verdict(met):
    return {True: "yes", False: "**no**", None: ""}[met]


def render(results):
    lines = ["## Bars", "", "| | bar | measured | |", "|---|---:|---:|---|"]
    for what, bar, measured, met in evaluate(results):
        lines.append(f"| {what} | {bar} | {measured} | {verdict(met)} |")
    return "\n".join(lines) + "\n"


def as_json(results):
    return [{"what": what, "bar": bar, "measured": measured, "met": met}
            for what, bar, measured, met in evaluate(results)]
