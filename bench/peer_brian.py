# CUBA (Brette et al. 2007) in Brian2's C++ standalone mode, one thread, 0.1 ms steps, exact integration of the linear equations.
# python3 peer_brian.py NEURONS SEED: prints seconds of the run (building left out) and spikes in 10 s.
import shutil
import sys
import tempfile

import brian2 as b

neurons, seed = int(sys.argv[1]), int(sys.argv[2])
folder = tempfile.mkdtemp()
b.set_device('cpp_standalone', directory=folder, build_on_run=False)
b.defaultclock.dt = 0.1 * b.ms
b.seed(seed)
equations = '''
dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
'''
group = b.NeuronGroup(neurons, equations, threshold='v > -50*mV', reset='v = -60*mV', refractory=5 * b.ms, method='exact')
group.v = '-60*mV + rand() * 10*mV'
border = int(0.8 * neurons)
excitatory = b.Synapses(group[:border], group, on_pre='ge += 1.62*mV')
inhibitory = b.Synapses(group[border:], group, on_pre='gi -= 9*mV')
excitatory.connect(p=80 / neurons)
inhibitory.connect(p=80 / neurons)
spikes = b.SpikeMonitor(group, record=False)
b.run(10 * b.second)
b.device.build(directory=folder, compile=True, run=True, debug=False)
print(b.device._last_run_time, spikes.num_spikes)
shutil.rmtree(folder)
