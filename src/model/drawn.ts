// What a model file says of numbers that units or synapses have each of their own. It draws none of them.

/** A value for all (`constant`), a list of them, or a distribution to draw each from. */
export type Drawn =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'list'; readonly values: readonly number[] | Float64Array }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | {
      readonly kind: 'normal' | 'lognormal';
      readonly mean: number;
      readonly deviation: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: 'exponential'; readonly scale: number; readonly low: number; readonly high: number };
