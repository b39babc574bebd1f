// Parts of schemas that comparisons and sweeps share.
import { z } from 'zod';

export const whole = (low: number, high: number) =>
  z.number({ error: `a whole number from ${low} to ${high}` }).int({ error: `a whole number from ${low} to ${high}` }).min(low, { error: `${low} or more` }).max(high, { error: `at most ${high}` }); // prettier-ignore
export const words = z.array(z.string()).min(1, { error: 'a list with at least one entry' });
export const seedNumber = whole(0, 4_294_967_295);

export const changes = z.record(z.string(), z.unknown()).optional().describe('path: value, changed in the profile');
const profile = z.strictObject({
  profile: z.string().optional().describe('file or bundled name (default: the label)'),
  set: changes,
});
export const profilesSchema = z.union([words, z.record(z.string(), profile)], {
  error: 'a list of profiles, or a map of labels to { profile, set }',
});
