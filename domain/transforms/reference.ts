// reference: a transform that has a name, in the place of this one.
import { z } from 'zod';
import { valueTransform } from './transform-kind.ts';

export const reference = valueTransform(
  'reference',
  z.object({ id: z.string().min(1) }),
  'children',
  ({ id }, site) => site.named(id, 'id'),
);
