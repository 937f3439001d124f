// What a misspelt name may have meant.
import { expect, it } from '@jest/globals';
import { nearName } from '../../../domain/near-name.ts';

const NAMES = ['first_name', 'last_name', 'employeeID', 'mail', 'sn'];

it.each([
  ['fist_name', 'first_name'],
  ['lats_name', 'last_name'],
  ['FIRSTNAME', 'first_name'],
  ['employeeId', 'employeeID'],
  ['email', 'mail'],
  ['SN', 'sn'],
  ['cn', undefined],
  ['telephoneNumber', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%s: %s', (wanted, expected) => {
  expect(nearName(wanted, NAMES)).toBe(expected);
});
