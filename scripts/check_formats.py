#!/usr/bin/env python3
"""Reads exports of settle with other people's libraries, for check-formats.mjs; prints JSON. (Debian: python3-h5py python3-msgpack python3-numpy)"""
import csv, json, pathlib, struct, sys
import h5py, numpy as np
from read_run import read_container


def spikes_of(path):
    """(population, unit, seconds) of a trace, examples behind each other, by time; and the step or None."""
    records, problem = read_container(path)
    assert problem is None, problem
    step = records[0][1].get("step")
    found, shift, end, before = [], 0, 0, None
    for kind, frame in records[1:]:
        if "columns" not in frame:
            continue
        where = (frame["epoch"], frame["example"])
        stretch = (*where, frame["phase"], frame["t0"], frame["t1"])
        if before is not None and stretch != before and (where != before[:2] or frame["t0"] + shift < end):
            shift = end - frame["t0"]
        before, end = stretch, frame["t1"] + shift
        if kind == "spikes":
            for name, times in frame["columns"].items():
                if name.endswith(".spikes.time"):
                    population = name.split(".")[0]
                    units = frame["columns"][population + ".spikes.unit"]
                    found += [(population, int(u), (float(t) + shift) * (step or 1)) for t, u in zip(times, units)]
    return sorted(found, key=lambda spike: (spike[2], spike[0], spike[1])), step


def names_of(path):
    return {int(row["address"]): (row["population"], int(row["unit"]), int(row["x"]), int(row["y"])) for row in csv.DictReader(open(path))}


def sonata(path, trace):
    expected, worst, count, units = spikes_of(trace)[0], 0.0, 0, True
    with h5py.File(path) as file:
        for population, group in file["spikes"].items():
            times, nodes = group["timestamps"], group["node_ids"]
            units &= times.attrs["units"] == "ms" and times.dtype == "<f8" and nodes.dtype == "<u8"
            units &= bool(np.all(np.diff(times[:]) >= 0))
            mine = sorted((t, u) for name, u, t in expected if name == population)
            theirs = sorted(zip(times[:] / 1000, nodes[:]))
            assert len(mine) == len(theirs), (population, len(mine), len(theirs))
            units &= [u for _, u in mine] == [int(u) for _, u in theirs]
            count += len(theirs)
            worst = max([worst] + [abs(a - b) * 1000 for (a, _), (b, _) in zip(mine, theirs)])
    return {"spikes": count, "worst": worst, "units": units}


def table(data, root, fields):
    """Places of the fields of a FlatBuffer's root table, None where they are left out."""
    start = root + struct.unpack_from("<I", data, root)[0]
    description = start - struct.unpack_from("<i", data, start)[0]
    size = struct.unpack_from("<H", data, description)[0]
    offsets = [struct.unpack_from("<H", data, description + 4 + 2 * k)[0] if 4 + 2 * k < size else 0 for k in range(fields)]
    return [start + offset if offset else None for offset in offsets]


def aedat(path, trace, mapping):
    data, names, at, found, packets = pathlib.Path(path).read_bytes(), names_of(mapping), 14, [], 0
    assert data[:14] == b"#!AER-DAT4.0\r\n" and data[at + 8 : at + 12] == b"IOHE"
    assert table(data, at + 4, 3)[:2] == [None, None]
    at += 4 + struct.unpack_from("<I", data, at)[0]
    places = {(x, y): (population, unit) for population, unit, x, y in names.values()}
    while at < len(data):
        stream, size = struct.unpack_from("<ii", data, at)
        assert stream == 0 and data[at + 16 : at + 20] == b"EVTS"
        (elements,) = table(data, at + 12, 1)
        vector = elements + struct.unpack_from("<I", data, elements)[0]
        for k in range(struct.unpack_from("<I", data, vector)[0]):
            time, x, y, on = struct.unpack_from("<qhhB", data, vector + 4 + 16 * k)
            found.append((*places[(x, y)], time, on))
        at, packets = at + 8 + size, packets + 1
    expected = [(p, u, int(t * 1e6 + 0.5), 1) for p, u, t in spikes_of(trace)[0]]
    return {"spikes": len(found), "packets": packets, "same": sorted(found) == sorted(expected)}


def aer(path, trace, mapping):
    names = names_of(mapping)
    found = [(*names[int(row["address"])][:2], int(row["t_us"])) for row in csv.DictReader(open(path))]
    expected = [(p, u, int(t * 1e6 + 0.5)) for p, u, t in spikes_of(trace)[0]]
    ordered = all(a[2] <= b[2] for a, b in zip(found, found[1:]))
    return {"spikes": len(found), "same": ordered and sorted(found) == sorted(expected)}


def weights(checkpoint, npz, safetensors, memories):
    learned = next(body["columns"] for kind, body in read_container(checkpoint)[0] if kind == "learned")
    with np.load(npz) as file:
        same = set(file) == set(learned) and all(np.array_equal(file[k], learned[k]) and file[k].dtype == learned[k].dtype for k in learned)
    data = pathlib.Path(safetensors).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in head.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            dtype = {"F32": "<f4", "F64": "<f8", "I32": "<i4"}[entry["dtype"]]
            tensors[name] = np.frombuffer(data[8 + length :][begin:end], dtype).reshape(entry["shape"])
    hand = set(tensors) == set(learned) and all(np.array_equal(tensors[k], learned[k]) for k in learned)
    worst, words = -1.0, 0
    for row in csv.DictReader(open(pathlib.Path(memories) / "scales.csv")):
        bits, scale = int(row["bits"]), float(row["scale"])
        lines = [line.split("//")[0].strip() for line in open(pathlib.Path(memories) / row["file"])]
        tokens = [line for line in lines if line and not line.startswith("@")]
        assert all(len(token) == (bits + 3) // 4 for token in tokens)
        stored = np.array([int(token, 16) for token in tokens])
        stored = np.where(stored >= 2 ** (bits - 1), stored - 2**bits, stored)
        error = np.abs(stored / scale - learned[row["array"]].ravel()).max()
        worst, words = max(worst, error - 0.5 / scale), words + len(tokens)
    return {"arrays": len(learned), "npz": bool(same), "safetensors": bool(hand), "memories": float(worst), "words": words}


def nir(path):
    values, counts = {}, {}
    with h5py.File(path) as file:
        nodes = file["node/nodes"]
        for node in nodes.values():
            for name, value in node.items():
                if value.dtype.kind == "f":
                    values[name] = values.get(name, 0.0) + float(np.sum(value[()]))
                    counts[name] = counts.get(name, 0) + value.size
        names = sorted(f"{name}:{node['type'][()].decode()}" for name, node in nodes.items())
        return {"nodes": names, "edges": len(file["node/edges"]), "values": values, "counts": counts}


def trace(path):
    spikes, step = spikes_of(path)
    return {"spikes": spikes, "step": step}


if __name__ == "__main__":
    command = {"trace": trace, "sonata": sonata, "aedat": aedat, "aer": aer, "weights": weights, "nir": nir}[sys.argv[1]]
    print(json.dumps(command(*sys.argv[2:]), default=lambda value: value.item()))
