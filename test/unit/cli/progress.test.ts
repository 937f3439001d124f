// Progress on a terminal is a bar, which grows with the run and names its step.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../../../cli/progress.ts';

function outputOf(isTTY: boolean) {
  const output = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  let written = '';
  output.on('data', (chunk) => {
    written += chunk;
  });
  return { stream: output as unknown as NodeJS.WriteStream, written: () => written };
}

describe('progress', () => {
  it('is a bar where somebody watches', () => {
    const { stream, written } = outputOf(true);
    const progress = createProgress('Sync', stream);
    progress.show(40, 'read');
    progress.end();
    expect(written()).toMatch(/Sync \[█{16}░{24}\] 40% read/);
  });

  it('is a line a step elsewhere', () => {
    const { stream, written } = outputOf(false);
    const progress = createProgress('Sync', stream);
    for (const percent of [10, 20.4]) progress.show(percent, 'read');
    progress.show(60, 'merge');
    progress.end();
    expect(written()).toBe('Sync: read (10 %)\nSync: merge (60 %)\n');
  });
});
