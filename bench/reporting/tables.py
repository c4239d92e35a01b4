"""The results as tables: a row for each measure, a column for each store, and Varve's ratio."""

PEERS = ["rocksdb", "leveldb", "lmdb", "sqlite"]
VARVES = ["varve", "varve_handle", "varve_async"]

# Title, which groups, and which counters: its name, label, unit, and whether more is better.
TABLES = [
    ("Gateway, appended: ingest on one thread", "^gateway/appended", [
        ("records_per_s", "", "/s", True)]),
    ("Gateway, appended: processor time for each record, of all threads", "^gateway/appended", [
        ("cpu_ns_per_record", "", "ns", False)]),
    ("Gateway, appended: bytes given to write() for each byte of input", "^gateway/appended", [
        ("written_by_calls", "", "x", False)]),
    ("Gateway, appended: bytes made dirty for each byte of input (LMDB writes through a map)",
     "^gateway/appended", [("written_to_device", "", "x", False)]),
    ("FlowDB's table, appended: 100,000 new keys, 128 bytes each, batches of 100", "^flow_table", [
        ("sequential_write_per_s", "sequential write", "/s", True),
        ("concurrent_write_per_s", "8 writers", "/s", True),
        ("get_per_s", "get, as written", "/s", True),
        ("get_per_s_settled", "get, once compacted", "/s", True),
        ("prefix_queries_per_s", "prefix query, as written", "/s", True),
        ("prefix_queries_per_s_settled", "prefix query, once compacted", "/s", True),
        ("scan_records_per_s", "full scan, as written", "/s", True),
        ("scan_records_per_s_settled", "full scan, once compacted", "/s", True),
        ("disk_bytes", "disk", "B", False)]),
    ("Late records, appended", "^late/appended", [
        ("records_per_s", "ingest", "/s", True),
        ("written_by_calls", "bytes given to write() / input", "x", False),
        ("written_to_device", "bytes made dirty / input", "x", False),
        ("disk_bytes_per_record", "disk for each record", "B", False)]),
    ("Logs, appended", "^logs/appended", [
        ("records_per_s", "ingest", "/s", True),
        ("bytes_per_s", "ingest", "B/s", True),
        ("scan_records_per_s", "full scan", "/s", True),
        ("written_by_calls", "bytes given to write() / input", "x", False),
        ("disk_bytes_per_byte", "disk / input", "x", False)]),
    ("Arrivals at a fixed rate, appended, with a reader", "^mixed/appended", [
        ("records_per_s_offered", "offered", "/s", None),
        ("write_p50_us", "write p50", "us", False),
        ("write_p99_us", "write p99", "us", False),
        ("write_p999_us", "write p99.9", "us", False),
        ("write_max_us", "write max", "us", False),
        ("longest_stall_ms", "longest call", "ms", False),
        ("read_p50_us", "read p50", "us", False),
        ("read_p99_us", "read p99", "us", False),
        ("timer_p99_us", "timer late, p99", "us", None)]),
    ("Memory for each series, one record each, without what is mapped", "^cardinality", [
        ("memory_per_series_peak", "while it is written", "B", False),
        ("memory_per_series_idle", "idle, once compacted", "B", False),
        ("data_bytes_per_series", "the record itself", "B", None)]),
    ("A million series with four labels each", "^labels", [
        ("describe_per_s", "described, a record each", "/s", None),
        ("open_s", "open", "s", None),
        ("first_question_s", "the first question, which builds the index", "s", None),
        ("two_matchers_ms", "two matchers", "ms", None),
        ("two_matchers_records_ms", "two matchers, with the records", "ms", None),
        ("expression_ms", "an expression over 20,000 values", "ms", None),
        ("memory_per_series", "memory of the index for each", "B", None)]),
    ("Resident memory of the process, 100,000 series at default options", "^memory", [
        ("records_per_s", "ingest", "/s", None),
        ("before_bytes", "before opening", "B", None),
        ("peak_bytes", "at most, while it is written", "B", None),
        ("resting_bytes", "five seconds after a flush", "B", None),
        ("peak_bytes_with_compaction", "at most, with compact()", "B", None)]),
    ("Durable writes", "^sync/durable", [
        ("records_per_s", "", "/s", True),
        ("of_formula", "share of the device's limit", "", True)]),
    ("Reads, cached, the fastest pass", "^reads/appended", [
        ("scan_columns_records_per_s", "full scan by columns", "/s", True),
        ("scan_records_per_s", "full scan, record by record", "/s", True),
        ("range_us", "one series, a stretch", "us", False),
        ("get_us", "get", "us", False),
        ("latest_us", "latest", "us", False),
        ("latest_us_unflushed", "latest, as written", "us", False)]),
    ("Disk, once compacted and closed", "^reads/appended", [
        ("disk_bytes_per_record", "disk for each record", "B", False),
        ("entropy_bytes_per_record", "random in it", "B", None)]),
    ("The machine's own limits", "^limits", [
        ("copy_bytes_per_s", "copying memory", "B/s", None),
        ("write_4k_us", "write(4 KiB) to the page cache", "us", None),
        ("write_1m_us", "write(1 MiB) to the page cache", "us", None),
        ("sync_us", "write(4 KiB) and fdatasync, pre-written file", "us", None)]),
]


def short(value, unit):
    """12.3 M/s, 4.51 us."""
    prefix = ""
    if unit in ("/s", "B/s", "B") and value >= 1_000:
        for prefix in ("K", "M", "G"):
            value /= 1_000
            if value < 1_000:
                break
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    space = " " if prefix + unit not in ("", "x") else ""
    return f"{value:.{digits}f}{space}{prefix}{unit}"


def advantage(varve, peer, more_is_better):
    """How many times Varve is better; below 1 it is worse."""
    if not varve or not peer or more_is_better is None:
        return None
    return varve / peer if more_is_better else peer / varve


def row_label(group, label):
    """The parameters in a case's name, and what was measured."""
    parameters = ", ".join(part.replace(":", " ") for part in group.split("/")[2:])
    return "; ".join(part for part in (parameters, label) if part) or group


def table(results, title, pattern, counters):
    groups = results.groups(pattern)
    measured = {store for group in groups for store in results.stores(group)}
    stores = [store for store in [*VARVES, *PEERS, "machine"] if store in measured]
    if not stores:
        return ""
    lines = [f"### {title}", "", "| | " + " | ".join(stores) + " |",
             "|---|" + "---:|" * len(stores)]
    for group in groups:
        for counter, label, unit, more_is_better in counters:
            values = {store: results.value(group, store, counter) for store in stores}
            cells = []
            for store, value in values.items():
                cell = "" if value is None else short(value, unit)
                ratio = advantage(values.get("varve"), value, more_is_better)
                if store in PEERS and ratio:
                    cell += f" ({ratio:.3g}x)"
                cells.append(cell)
            if any(cells):
                lines.append(f"| {row_label(group, label)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n"


def limits(results):
    """Varve against what the machine could do at most."""
    rows = []
    gateway = "gateway/appended/series:1000/batch:1000"
    rate = results.value(gateway, "varve", "records_per_s")
    records = results.value(gateway, "varve", "records")
    written = results.value(gateway, "varve", "engine.wal_bytes_appended")
    write_us = results.value("limits", "machine", "write_1m_us")
    copied = results.value("limits", "machine", "copy_bytes_per_s")
    if rate and records and written and write_us:
        rows.append(("WAL bytes of the gateway's ingest, of what write() takes",
                     rate * written / records / (2**20 / write_us * 1e6)))
    for group in results.groups("^reads/"):
        scanned = results.value(group, "varve", "scan_columns_records_per_s")
        if scanned and copied:
            rows.append((f"columns of {row_label(group, 'full scan')}, of copying memory",
                         scanned * 16 / copied))
    for group in results.groups("^sync/"):
        share = results.value(group, "varve", "of_formula")
        if share:
            rows.append((f"durable writes, {row_label(group, '')}, of the device's limit", share))
    if not rows:
        return ""
    lines = ["### Varve against the machine's limits", "", "| | |", "|---|---:|"]
    return "\n".join(lines + [f"| {label} | {share:.1%} |" for label, share in rows]) + "\n\n"


def micro(results):
    groups = results.groups("^micro/")
    if not groups:
        return ""
    lines = ["### Parts", "", "| | for each call | items | bytes |", "|---|---:|---:|---:|"]
    for group in groups:
        items = results.value(group, "varve", "items_per_second")
        rate = results.value(group, "varve", "bytes_per_second")
        lines.append(f"| {group.removeprefix('micro/')} "
                     f"| {results.value(group, 'varve', 'ns'):,.0f} ns "
                     f"| {short(items, '/s') if items else ''} "
                     f"| {short(rate, 'B/s') if rate else ''} |")
    return "\n".join(lines) + "\n\n"


def render(about, results):
    text = "# Varve's benchmarks\n\n"
    text += "".join(f"- {name}: {value}\n" for name, value in about.items())
    text += ("\nMedians. In brackets, how many times better `varve` is than the store of the "
             "column; below 1 it is worse. Every answer was checked. `varve_handle` writes through "
             "series handles, `varve_async` with 64 batches outstanding.\n\n")
    text += "".join(table(results, *spec) for spec in TABLES)
    return text + limits(results) + micro(results)


def failures(results):
    if not results.failures:
        return ""
    lines = [f"- {name}: {problem}" for name, problem in sorted(results.failures.items())]
    return "\n## Failed\n\n" + "\n".join(lines) + "\n"
