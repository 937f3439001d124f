// The tables of docs/sailpoint.md have the fields, operators and sorters that are served, and no others.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { IDENTITY_FIELDS } from '../../../api/sailpoint/identities.ts';
import { PROFILE_FIELDS } from '../../../api/sailpoint/identity-profiles.ts';
import { identitySchema } from '../../../contracts/sailpoint/identities.ts';
import { identityProfileSchema } from '../../../contracts/sailpoint/identity-profiles.ts';
import { IDENTITIES } from '../../../database/queries/sailpoint/identities.ts';
import { IDENTITY_PROFILES } from '../../../database/queries/sailpoint/identity-profiles.ts';
import type { FilterFields } from '../../../domain/filters/filter-fields.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'sailpoint.md'), 'utf8');

/** The tables below a heading, as the cells of their rows, without the headings of columns. */
function tablesOf(heading: string): string[][][] {
  const section = DOCUMENT.split('\n## ').find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const tables = section.split('\n\n').filter((text) => text.startsWith('|'));
  return tables.map((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
  );
}

const operatorsOf = (fields: FilterFields) =>
  Object.fromEntries(Object.entries(fields).map(([field, { operators }]) => [field, operators.join(', ')]));

/** The fields that the rows of a table begin with, one or several a row. */
const namesIn = (table: string[][] | undefined) => (table ?? []).flatMap(([names = '']) => names.split(', '));

describe.each([
  ['Filters of identities', IDENTITY_FIELDS, IDENTITIES.CORRELATED_ONLY],
  ['Filters of identity profiles', PROFILE_FIELDS, IDENTITY_PROFILES],
])('%s', (heading, fields, collection) => {
  const [filters, sorters] = tablesOf(heading);

  it('have the operators of each field', () => {
    const written = (filters ?? []).map(([field = '', operators]) => [field, operators]);
    expect(Object.fromEntries(written)).toEqual(operatorsOf(fields));
  });

  it('have every sorter', () => {
    expect(namesIn(sorters).toSorted()).toEqual(Object.keys(collection.sorters).toSorted());
  });
});

describe('fields of answers', () => {
  it('are all there, of an identity', () => {
    const [fields] = tablesOf('Fields of an identity');
    expect(namesIn(fields).toSorted()).toEqual(Object.keys(identitySchema.shape).toSorted());
  });

  it('are all there, of an identity profile', () => {
    const [fields] = tablesOf('Fields of an identity profile');
    const nested = ['identityAttributeName', 'transformDefinition'];
    const written = new Set(namesIn(fields).map((name) => name.split('.')[0] as string));
    expect([...written].filter((name) => !nested.includes(name)).toSorted()).toEqual(
      Object.keys(identityProfileSchema.shape).toSorted(),
    );
  });
});
