// Numbers for what is new in a generation: the same structural event gets the same number, whoever it happens to. The table lives
// for one generation and is asked in the order of the children, so that numbers never depend on threads.

export interface Innovations {
  /** Of a new link between two nodes. */
  link(from: number, to: number): number;
  /** Of the node that splits a link, and of its two links; `taken` says whether the genome has that node already. */
  split(innovation: number, taken: (node: number) => boolean): { readonly node: number; readonly into: number; readonly out: number }; // prettier-ignore
  /** What the next generation counts on from. */
  next(): Counters;
}

export interface Counters {
  readonly node: number;
  readonly innovation: number;
}

export function innovations(from: Counters): Innovations {
  let { node, innovation } = from;
  const links = new Map<string, number>();
  const splits = new Map<number, { node: number; into: number; out: number }[]>();
  return {
    link(source, target) {
      const key = `${source} ${target}`;
      const number = links.get(key) ?? innovation++;
      links.set(key, number);
      return number;
    },
    split(link, taken) {
      const known = splits.get(link) ?? [];
      const free = known.find((each) => !taken(each.node));
      if (free) return free;
      // A link that was enabled again and is split again: another node.
      const made = { node: node++, into: innovation++, out: innovation++ };
      splits.set(link, [...known, made]);
      return made;
    },
    next: () => ({ node, innovation }),
  };
}
