// AssemblyScript: vectors of which only the first lanes count.

/** Sets all lanes of a vector from `lanes` on to 0. */
export function firstLanes(v: v128, lanes: i32): v128 {
  if (lanes >= 4) return v;
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes)));
}

/** A vector whose lanes from `lanes` on are not stored. */
export function storeLanes(into: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) return v128.store(into, v);
  store<f32>(into, f32x4.extract_lane(v, 0));
  if (lanes > 1) store<f32>(into, f32x4.extract_lane(v, 1), 4);
  if (lanes > 2) store<f32>(into, f32x4.extract_lane(v, 2), 8);
}
