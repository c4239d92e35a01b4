#!/usr/bin/env python3
"""Prints records as ndjson, always the same of each number: what tools/cross.sh gives both machines.

Every type of value, ends of int64, doubles of all exponents, times before 1970, keys of bytes above
127, labels, expiries, and records that replace those of a lower number.

Usage: cross_records.py NUMBER
"""
import base64
import json
import math
import random
import struct
import sys

SECOND = 1_000_000
INT64_MIN, INT64_MAX = -2**63, 2**63 - 1
LATER = 4_102_444_800 * SECOND  # In 2100.


def base64_of(content):
    return {"base64": base64.b64encode(content).decode()}


def any_double(numbers):
    value = struct.unpack("<d", numbers.randbytes(8))[0]
    return value if math.isfinite(value) else 0.5


def records(number):
    numbers = random.Random(number)
    temperature, count = 2_150, 0
    for step in range(1_500):
        # The last hundred of each number are written again by the next.
        time = ((number - 1) * 1_400 + step) * SECOND
        jitter = numbers.randrange(5_000)
        temperature += numbers.randint(-3, 3)
        count += numbers.randrange(4)
        yield "plant/press1/temperature", time, temperature / 100
        yield "plant/press1/noise", time + jitter, numbers.random()
        yield "plant/press1/parts", time + jitter, count
        yield "plant/press2/any", time - 500 * SECOND, any_double(numbers)
        if step % 5 == 0:
            yield "plant/press2/running", time, step % 70 < 50
            yield "plant/Öfen/zustand", time, f"Stufe {step % 7} °"
            yield base64_of(b"plant/\xff\x80raw"), time, base64_of(numbers.randbytes(step % 50))
        if step % 50 == 0:
            yield "plant/press2/ends", time, numbers.choice([INT64_MIN, -1, 0, INT64_MAX])
            yield f"plant/once/{numbers.randrange(10**6)}", time, 1.0
    for late in range(300):
        yield "plant/press1/temperature", numbers.randrange(number * 1_400) * SECOND, late / 10


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    number = int(sys.argv[1])
    print(json.dumps({"key": "plant/press1/temperature",
                      "labels": {"room": f"hall {number}", "unit": "°C"}}))
    for place, (key, time, value) in enumerate(records(number)):
        record = {"key": key, "time": time, "value": value}
        if place % 9 == 0:
            record["expires_at"] = LATER + place
        print(json.dumps(record, ensure_ascii=place % 2 == 0))


if __name__ == "__main__":
    main()
