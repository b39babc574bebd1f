// What is said and asked of PyTorch wherever it is measured beside settle.
import { spawnSync } from 'node:child_process';

export const python = '/usr/bin/python3';

/** OpenBLAS's kernels for AVX2 and for SSE: WebAssembly's vectors have 128 bits, and no fused multiply-add. */
export const openBlasCores = { avx2: 'Haswell', sse: 'Nehalem' } as const;

export const wide =
  ' OpenBLAS takes the widest vectors of the processor (512 bits where it has AVX-512), in the rows "256-bit" those of AVX2; WebAssembly has 128 bits.';
export const noPeer =
  '\nPyTorch is not installed, so no peer was measured (bench/install-peers.sh installs it on Debian: python3-torch, libopenblas0-pthread).';

export const torchInstalled = (): boolean =>
  spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
