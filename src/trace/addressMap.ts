// addr_map.csv: which neuron an address stands for, and which pixel where a format has pixels for addresses. Always beside a
// file that knows addresses only.
import { SettleError } from '../errors.ts';
import { neuronName, type Population } from './spikes.ts';

export const mapName = 'addr_map.csv';

/** Coordinates of pixels are int16. */
const widest = 32767;

/** Columns of an about square array of pixels for so many neurons. @throws SettleError of kind `input` for more than fit */
export function pixelsAcross(neurons: number): number {
  const width = Math.ceil(Math.sqrt(neurons));
  if (width <= widest) return width;
  throw new SettleError('more neurons than there are pixels', { kind: 'input', found: String(neurons), expected: `at most ${widest ** 2}` }); // prettier-ignore
}

/** The same bytes for every format of the same trace; address = y * width + x. */
export function addressMap(populations: readonly Population[]): string {
  const width = pixelsAcross(populations.reduce((sum, { units }) => sum + units, 0));
  const lines = ['address,population,unit,x,y'];
  for (const { name, units, offset } of populations)
    for (let unit = 0; unit < units; unit++) {
      const address = offset + unit;
      lines.push(`${address},${name},${unit},${address % width},${Math.floor(address / width)}`);
    }
  return `${lines.join('\n')}\n`;
}

/**
 * Names by address; with `bits`, by the column `neuron` where there is one (of an RTL hand-over: bits of the vector of spikes,
 * none for inputs). @throws SettleError of kind `input` with the line of what is no map
 */
export function readAddressMap(text: string, file: string, bits = false): ReadonlyMap<number, string> {
  const [head = '', ...lines] = text.replace(/\r/g, '').trimEnd().split('\n');
  const refuse = (line: number, message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, line, found, expected });
  };
  const columns = head.split(',').map((word) => word.trim());
  const key = bits && columns.includes('neuron') ? 'neuron' : 'address';
  const [address, population, unit, name] = [key, 'population', 'unit', 'name'].map((word) => columns.indexOf(word)) as [number, number, number, number]; // prettier-ignore
  if (address < 0 || (name < 0 && (population < 0 || unit < 0)))
    refuse(1, 'not a map of addresses', `"${head.slice(0, 80)}"`, 'columns address and name, or address, population and unit'); // prettier-ignore
  const names = new Map<number, string>();
  lines.forEach((line, k) => {
    const cells = line.split(',').map((cell) => cell.trim());
    if (key === 'neuron' && cells[address] === '') return;
    const at = Number(cells[address]);
    if (!/^\d+$/.test(cells[address] ?? '') || at >= 2 ** 32) refuse(k + 2, 'not an address', `"${line.slice(0, 80)}"`, 'a whole number from 0'); // prettier-ignore
    if (names.has(at)) refuse(k + 2, 'an address twice', String(at), 'each once');
    const own = name < 0 ? `${cells[population]}` : (cells[name] ?? '');
    if (own === '') refuse(k + 2, 'an address without a name', `"${line.slice(0, 80)}"`, 'a name');
    if (name < 0 && !/^\d+$/.test(cells[unit] ?? '')) refuse(k + 2, 'not a unit', `"${line.slice(0, 80)}"`, 'a whole number from 0'); // prettier-ignore
    names.set(at, name < 0 ? neuronName(own, Number(cells[unit])) : own);
  });
  return names;
}
