// Evaluating many persons lets others have the thread in between.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { evaluatePersons } from '../../../domain/identity-profiles/evaluate-persons.ts';
import type { CompiledProfile } from '../../../domain/transforms/compile-profile.ts';
import { NameBook } from '../../../domain/transforms/name-book.ts';

test('others have their turn between persons whose transforms take long', async () => {
  const slow: CompiledProfile = {
    reads: { accounts: [], identityAttributes: [] },
    timeBased: false,
    evaluate: () => {
      const until = performance.now() + 60;
      while (performance.now() < until);
      return { attributes: {}, errors: [], pending: false };
    },
  };
  const persons = ['1', '2', '3'].map((id) => ({ id, accounts: [], stored: () => null }));
  let over = false;
  const evaluated = evaluatePersons(slow, persons, { names: new NameBook(), now: 0 }, async () => []).finally(
    () => {
      over = true;
    },
  );
  await setImmediate();
  expect(over).toBe(false);
  expect(await evaluated).toHaveLength(3);
});
