// AssemblyScript: memory that is taken once and never given back, in whole lines of 64 bytes.

export function room64(bytes: usize): usize {
  return (heap.alloc(bytes + 64) + 63) & ~(<usize>63);
}
