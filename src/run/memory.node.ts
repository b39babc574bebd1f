// The most memory a process has held. It measures; it limits nothing.
import { readFileSync } from 'node:fs';
import { resourceUsage } from 'node:process';

/** Bytes, Node itself included. On Linux of this process alone: the resource usage of a child begins at its parent's. */
export function peakMemory(): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kibibytes !== undefined) return 1024 * Number(kibibytes);
  } catch {
    // Not Linux.
  }
  return 1024 * resourceUsage().maxRSS;
}
