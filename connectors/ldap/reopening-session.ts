// Keeps a session for all that a connector does, and opens a new one when it was lost.
import type { LdapSession } from './session.ts';

export class ReopeningSession<T extends { session: LdapSession }> {
  private readonly open: (signal: AbortSignal) => Promise<T>;
  private current: Promise<T> | null = null;

  constructor(open: (signal: AbortSignal) => Promise<T>) {
    this.open = open;
  }

  /** The open session, or a new one where there is none or it was lost. @throws what opening one throws */
  async opened(signal: AbortSignal): Promise<T> {
    const before = this.current;
    if (before !== null) {
      const still = await before.catch(() => null);
      if (still?.session.isOpen) return still;
      if (this.current === before) this.current = null;
    }
    this.current ??= this.open(signal);
    return await this.current;
  }

  async close(): Promise<void> {
    const last = await this.current?.catch(() => null);
    this.current = null;
    last?.session.close();
  }
}
