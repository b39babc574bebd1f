// The settle container itself, as an export format: standard MessagePack, one record a frame.
import { encodeEnd, encodeFrame, encodeHeader } from '../frames/container.ts';
import type { Format } from './format.ts';

export function settle(): Format {
  return {
    name: 'settle',
    extension: '.settle',
    description: 'the trace container: MessagePack records with checksums',
    *write(header, frames) {
      yield encodeHeader(header);
      for (const frame of frames) yield encodeFrame(frame);
      yield encodeEnd();
    },
  };
}
