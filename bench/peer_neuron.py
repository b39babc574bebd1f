# CUBA (Brette et al. 2007) in NEURON's event-driven mode: artificial cells that look for their next spike (cuba_cell.mod).
# python3 peer_neuron.py NEURONS SEED SECONDS: prints wall-clock seconds of the run (building left out) and its spikes.
import os
import shutil
import subprocess
import sys
import tempfile
import time

neurons, seed, duration = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
here = os.path.dirname(os.path.abspath(__file__))
folder = tempfile.mkdtemp()
shutil.copy(os.path.join(here, 'cuba_cell.mod'), folder)
# Debian's nrnivmodl looks for its makefile beside itself and for its library where the linker does; its last step, a program
# that nobody needs here, fails for want of headers. What it leaves in the working folder is loaded with the package.
script = open(shutil.which('nrnivmodl')).read().replace('"${bindir}/nrnmech_makefile"', '/usr/lib/nrn/nrnmech_makefile')
subprocess.run(['bash', '-c', script], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'LIBRARY_PATH': '/usr/lib/nrn'})
os.chdir(folder)
import numpy as np
from neuron import h

draw = np.random.default_rng(seed)
cells = [h.CubaCell() for _ in range(neurons)]
start = draw.uniform(-11, -1, neurons)
border = int(0.8 * neurons)
connections = []
for pre, cell in enumerate(cells):
    for post in np.flatnonzero(draw.random(neurons) < 80 / neurons):
        netcon = h.NetCon(cell, cells[post])
        netcon.delay = 0
        netcon.weight[0] = 1.62 if pre < border else -9
        connections.append(netcon)
counter = h.Vector()
ids = h.Vector()
watch = []
for k, cell in enumerate(cells):
    netcon = h.NetCon(cell, None)
    netcon.record(counter, ids, k)
    watch.append(netcon)
cvode = h.CVode()
cvode.active(True)
h.finitialize()
for cell, u in zip(cells, start):
    cell.u = u
begun = time.process_time()
cvode.solve(1000 * duration)
print(time.process_time() - begun, int(counter.size()))
shutil.rmtree(folder)
