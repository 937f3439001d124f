// What a test needs of OpenLDAP: a server of its own, and a `describe` that says why where there is none.
import { describe, it } from '@jest/globals';
import { slapdAvailability } from './slapd-programs.ts';

export { freePort, type Slapd, type SlapdOptions, startSlapd } from './slapd-process.ts';
export { type SlapdAvailability, slapdAvailability } from './slapd-programs.ts';

/**
 * `describe` where slapd can be had. Where it cannot, the suite is skipped and its name holds the reason;
 * with CI=true it is a failing test instead, so that no pipeline is green without its directory tests.
 */
export function describeWithSlapd(name: string, define: () => void): void {
  const availability = slapdAvailability();
  if (availability.available) {
    describe(name, define);
    return;
  }
  if (process.env.CI === 'true') {
    describe(name, () => {
      it('finds slapd', () => {
        throw new Error(availability.reason);
      });
    });
    return;
  }
  describe.skip(`${name} (skipped: ${availability.reason})`, () => {
    it('needs slapd', () => {});
  });
}
