// Entry of one worker thread of the event engine.
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { SettleError } from '../../errors.ts';
import { type Command, crewLife, type CrewStart } from './crew.ts';

const { start, port } = workerData as { start: CrewStart; port: MessagePort };
crewLife(
  start,
  () => receiveMessageOnPort(port)?.message as Command | undefined,
  (value) => {
    // Errors cross as plain data.
    const { error } = (value ?? {}) as { error?: unknown };
    if (error instanceof SettleError) port.postMessage({ message: error.message, place: error.place });
    else port.postMessage(error ? { message: String(error), place: { kind: 'defect' } } : value);
  },
);
port.close();
