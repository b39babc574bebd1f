#!/usr/bin/env python3
"""Reads a run of settle: metrics, trace, weights. Usage: read_run.py FOLDER (Debian: python3-numpy python3-msgpack)"""
import json, pathlib, sys, zlib
import msgpack, numpy as np

DTYPES = {"f32": "<f4", "f64": "<f8", "i32": "<i4", "u32": "<u4", "u8": "u1"}


def read_container(path):
    """Its records as (kind, body), columns as numpy arrays, up to the first that is not whole; and what is wrong with it."""
    records = []
    try:
        for mark, kind, crc, content in msgpack.Unpacker(open(path, "rb"), max_buffer_size=2**31 - 1):
            if mark != "settle" or zlib.crc32(kind.encode() + content) != crc:
                return records, f"record {len(records)}: the checksum does not match"
            body = msgpack.unpackb(content)
            for name, column in body.get("columns", {}).items():
                array = np.frombuffer(column["data"], DTYPES[column["dtype"]])
                body["columns"][name] = array.reshape(column["shape"])
            records.append((kind, body))
            if kind == "end":
                return records, None
    except (ValueError, TypeError, AttributeError, msgpack.exceptions.UnpackException) as error:
        return records, f"record {len(records)}: damaged ({error})"
    return records, f"record {len(records)}: the file ends without its end record"


def main(folder):
    for line in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()):
        if line.get("kind") == "epoch":
            print(f"epoch {line['epoch']}: test error {100 * line['testError']:.2f} %, {line.get('spikesPerExample', 0):.0f} spikes an example")
    trace, problem = read_container(folder / "trace.settle")
    print(f"trace: {len(trace)} records, {problem or 'complete'}")
    for kind, frame in trace:
        for name, array in frame.get("columns", {}).items():
            if kind == "spikes" and name.endswith(".time"):
                print(f"  epoch {frame['epoch']}, example {frame['example']}, {frame['phase']}: {len(array)} {name[:-5]}")
    checkpoint, damage = read_container(folder / "checkpoint.settle")
    print(f"checkpoint: {checkpoint[0][1]['counters'] if checkpoint else ''} {damage or 'complete'}")
    for name, weights in (item for kind, body in checkpoint if kind == "learned" for item in body["columns"].items()):
        print(f"  {name}: {weights.dtype} {weights.shape}, mean {weights.mean():+.4f}, deviation {weights.std():.4f}")
    return 1 if problem or damage else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])) if len(sys.argv) == 2 else __doc__)
