// The state of a search as text and back, to the last bit: JSON, in which numbers that JSON lacks (infinities, NaN, -0) stand as
// { "number": "-Infinity" }.

export function encodeSearch(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'number' && (!Number.isFinite(each) || Object.is(each, -0))
      ? { number: Object.is(each, -0) ? '-0' : String(each) }
      : each,
  );
}

export function decodeSearch(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) =>
    typeof each === 'object' && each !== null && 'number' in each && Object.keys(each).length === 1 && typeof each.number === 'string'
      ? Number(each.number)
      : each,
  ) as unknown; // prettier-ignore
}
