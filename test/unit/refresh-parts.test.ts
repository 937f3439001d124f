// The parts of a refresh's batch: their sizes, and how far reading is ahead.
import { expect, test } from '@jest/globals';
import { partsOf, readAhead } from '../../activities/identity-refresh/parts.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index));

test('parts grow from small ones, and have everybody once, in order', () => {
  expect(partsOf(ids(6_000)).map(({ length }) => length)).toEqual([500, 1_000, 2_000, 2_000, 500]);
  expect(partsOf(ids(6_000)).flat()).toEqual(ids(6_000));
  expect(partsOf([])).toEqual([]);
});

test('two parts are read while one is worked on, and answers come in the order of the parts', async () => {
  const parts = ids(5).map((id) => [id]);
  const begun: string[] = [];
  const read = async ([id]: string[]) => {
    begun.push(id as string);
    return `read ${id}`;
  };
  const seen: [string, number][] = [];
  for await (const answer of readAhead(parts, read)) seen.push([answer, begun.length]);
  expect(seen).toEqual([
    ['read 0', 3],
    ['read 1', 4],
    ['read 2', 5],
    ['read 3', 5],
    ['read 4', 5],
  ]);
});

test('a part that cannot be read ends it in its place', async () => {
  const seen: string[] = [];
  const read = async ([id]: string[]) => {
    if (id === '1') throw new Error('gone');
    return id as string;
  };
  const all = async () => {
    for await (const answer of readAhead([['0'], ['1'], ['2']], read)) seen.push(answer);
  };
  await expect(all()).rejects.toThrow('gone');
  expect(seen).toEqual(['0']);
});
