// The forms in which transforms write their attributes: numbers and flags also as text, values also as transforms.
import { z } from 'zod';

/** A flag, also as the text `"true"` or `"false"`. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])], { error: 'must be true or false' })
  .transform((value) => value === true || value === 'true');

/** A whole number, also as text, from `least` to `most`. */
export function wholeNumber(least: number, most: number) {
  return z
    .union([z.int(), z.string().regex(/^-?\d{1,9}$/, 'must be a whole number')], {
      error: 'must be a whole number',
    })
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));
}

/** Text, a template, a nested transform, or null. What a nested transform holds is checked when it is compiled. */
export const operand = z.union(
  [z.string(), z.number(), z.boolean(), z.null(), z.looseObject({ type: z.string() })],
  { error: 'must be text or a transform ({ "type": …, "attributes": … })' },
);

/** What a definition holds around its attributes. Only the outermost has use for a name. */
export const definitionSchema = z.strictObject(
  {
    type: z.string({ error: 'must name the transform' }),
    name: z.string().nullish(),
    id: z.string().nullish(),
    internal: z.boolean().nullish(),
    requiresPeriodicRefresh: flag.nullish(),
    attributes: z.record(z.string(), z.unknown(), { error: 'must be an object' }).nullish(),
  },
  { error: 'must be a transform: { "type": …, "attributes": … }' },
);

/** Attributes that every transform may have. */
export const commonAttributes = {
  input: operand.optional(),
  requiresPeriodicRefresh: flag.optional(),
};
