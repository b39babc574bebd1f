# Dense float32 products by numpy's BLAS (Debian: python3-numpy, libopenblas0-pthread), into an array that is there.
# python3 peer_blas.py SECONDS OPERATION EXAMPLES PRE POST [OPERATION ...]: GFLOP/s of each, best of short calls, a line each.
# gather: [examples, pre] [pre, post]; gatherBack: [examples, post] [pre, post]'; outer: [examples, pre]' [examples, post].
import sys
import time

import numpy

seconds, rest = float(sys.argv[1]), sys.argv[2:]
random = numpy.random.default_rng(1)


def matrix(rows, columns):
    return random.random((rows, columns), dtype=numpy.float32)


for operation, *sizes in zip(*[iter(rest)] * 4):
    examples, pre, post = map(int, sizes)
    if operation == 'gather':
        a, b = matrix(examples, pre), matrix(pre, post)
    elif operation == 'gatherBack':
        a, b = matrix(examples, post), matrix(pre, post).T
    else:
        a, b = matrix(examples, pre).T, matrix(examples, post)
    out = numpy.empty((a.shape[0], b.shape[1]), dtype=numpy.float32)
    work = 2 * examples * pre * post
    times = max(1, round(1e8 / work))
    best, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        for _ in range(times):
            numpy.dot(a, b, out=out)
        best = max(best, work * times / (time.perf_counter() - begun) / 1e9)
    print(best)
