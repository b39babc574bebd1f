// A Frame: a block of columns over [t0, t1). What traces, checkpoints and live pages are made of; it does no I/O.
export type ColumnDtype = 'f32' | 'f64' | 'i32' | 'u32' | 'u8';
export type ColumnData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface Column {
  readonly dtype: ColumnDtype;
  readonly shape: readonly number[];
  readonly data: ColumnData;
}

export interface Frame {
  /** `spikes`, `samples`, `energy`, `metrics`, `weights`, ... */
  readonly kind: string;
  readonly run: string;
  readonly epoch: number;
  readonly example: number;
  readonly phase: string;
  /** [t0, t1): integer steps for the clocked engine, seconds for the event engine. */
  readonly t0: number;
  readonly t1: number;
  readonly columns: Readonly<Record<string, Column>>;
}
