// AssemblyScript: small fixed tables without bounds checks, at constant addresses.

@unmanaged
export class Doubles {
  @inline
  @operator('[]')
  get(k: i32): f64 {
    return load<f64>(changetype<usize>(this) + ((<usize>k) << 3));
  }
  @inline
  @operator('[]=')
  set(k: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + ((<usize>k) << 3), value);
  }
}

@unmanaged
export class Whole {
  @inline
  @operator('[]')
  get(k: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>k) << 2));
  }
  @inline
  @operator('[]=')
  set(k: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>k) << 2), value);
  }
}
