// What one core can do at most in WebAssembly: 128-bit multiplications and additions on registers alone, no memory. It is the
// floor of dense products: no arrangement of loads can be faster.
import { FunctionBody, i32, Module, simd, v128 } from '../src/backends/wasm/assembler.ts';

/** Enough independent sums to cover the latency of a multiplication and an addition; with two constants in 14 registers. */
const sums = 12;
const lanes = 4;

/** A function that does `count` times sum <- sum c + d for every sum; by relaxed SIMD's multiply-add if `fused`. */
function emitted(fused: boolean): (count: number) => void {
  const [module, f] = [new Module(), new FunctionBody([i32])];
  f.fused = fused;
  const [c, d] = [f.local(v128), f.local(v128)];
  const all = Array.from({ length: sums }, () => f.local(v128));
  f.splat(0.5).set(c).splat(1).set(d);
  all.forEach((sum, k) => f.splat(k / sums).set(sum));
  f.countdown(0, 1, () => {
    for (const sum of all) f.addProduct(d, sum, c).set(sum);
  });
  // What nobody reads would not be computed.
  f.i32(0);
  for (const sum of all) f.get(sum);
  for (let k = 1; k < sums; k++) f.simd(simd.add);
  f.memory(simd.store, 0);
  module.add('run', f);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes(1)), { env: { memory } });
  return exports['run'] as (count: number) => void;
}

/** A measurement of some milliseconds: the call returns GFLOP/s. Its first calls compile. */
export function peak(fused: boolean): () => number {
  const run = emitted(fused);
  const count = 200_000;
  for (let k = 0; k < 20; k++) run(count);
  return () => {
    const begun = performance.now();
    run(count);
    return (2 * lanes * sums * count) / (performance.now() - begun) / 1e6;
  };
}
