// Entry of one worker thread of the wasm backend.
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type WorkerPlan, type WorkerStart, workerLife } from './backend.ts';

const { start, port } = workerData as { start: WorkerStart; port: MessagePort };
workerLife(start, () => receiveMessageOnPort(port)?.message as WorkerPlan | undefined);
port.close();
