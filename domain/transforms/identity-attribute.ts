// identityAttribute and displayName: values that the person has by other mappings of the profile.
import { z } from 'zod';
import { valueTransform } from './transform-kind.ts';

export const identityAttribute = valueTransform(
  'identityAttribute',
  z.object({ name: z.string().min(1) }),
  'none',
  ({ name }, site) => {
    site.readsIdentity([name]);
    return (scope) => scope.identityAttribute(name);
  },
);

/** By the vendor's names, then by the other ones that people use here. */
const PREFERRED = ['preferredName'];
const GIVEN = ['firstname', 'firstName', 'givenName'];
const FAMILY = ['lastname', 'lastName', 'surname', 'familyName'];

export const displayName = valueTransform('displayName', z.object({}), 'none', (_attributes, site) => {
  const first = [...PREFERRED, ...GIVEN];
  site.readsIdentity([...first, ...FAMILY]);
  return (scope) => {
    const find = (names: string[]) => {
      for (const name of names) {
        const value = scope.identityAttribute(name);
        if (value !== null) return [value];
      }
      return [];
    };
    const parts = [...find(first), ...find(FAMILY)];
    return parts.length === 0 ? null : parts.join(' ');
  };
});
