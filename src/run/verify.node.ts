// Case files against the engines: which engine, and each file's verdict. It prints nothing.
import { readBytes } from '../frames/files.node.ts';
import type { EventEngine, EventState } from '../engine/event/engine.ts';
import type { EventNetwork } from '../engine/event/network.ts';
import { referenceEventEngine } from '../engine/event/reference.ts';
import { wasmEventEngine } from '../engine/event/wasm.ts';
import { explain, SettleError } from '../errors.ts';
import { exactCase, type Verdict, verifyCase } from './exactCase.ts';

/** The event engines by the name of their backend. */
export const eventEngines = {
  reference: referenceEventEngine,
  wasm: wasmEventEngine,
} as const satisfies Record<string, (network: EventNetwork, from?: EventState) => EventEngine>;

export type EventBackend = keyof typeof eventEngines;

export interface FileVerdict extends Verdict {
  readonly file: string;
}

/** @throws SettleError of kind `input` for a file that is not there, no case, or not to be simulated */
export function verifyFile(file: string, backend: EventBackend): FileVerdict {
  const data = exactCase(new TextDecoder().decode(readBytes(file)), file);
  try {
    return { file, ...verifyCase(data, eventEngines[backend]) };
  } catch (error) {
    if (error instanceof SettleError && error.place.file === undefined)
      throw new SettleError(explain(error), { kind: error.place.kind, file });
    throw error;
  }
}
