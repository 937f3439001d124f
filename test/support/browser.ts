// What a test needs of a real browser: a `describe` that says why where there is none.
import { describe, it } from '@jest/globals';
import { findChromium } from './browser-programs.ts';

const REASON = 'chromium not found; on Debian: apt-get install chromium';

/** `describe` where there is a browser; else it is skipped with the reason, and with CI=true it fails. */
export function describeWithBrowser(name: string, define: (chromium: string) => void): void {
  const chromium = findChromium();
  if (chromium) {
    describe(name, () => define(chromium));
    return;
  }
  if (process.env.CI === 'true') {
    it(`${name}: finds a browser`, () => {
      throw new Error(REASON);
    });
    return;
  }
  describe.skip(`${name} (skipped: ${REASON})`, () => {
    it('needs a browser', () => {});
  });
}
