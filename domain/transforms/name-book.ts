// Which user names are taken, looked up for a whole batch at once: an evaluation that needs an answer which is
// not there yet says so, and is repeated when it is.

/** The names that an evaluation asked for are not known yet; NameBook.wanted() has them. */
export class NamesUnknown extends Error {
  constructor() {
    super('user names have to be looked up');
    this.name = 'NamesUnknown';
  }
}

/**
 * Names in a batch. The refresh evaluates all persons; while `wanted()` is not empty it looks those names up in one
 * statement, tells `learn`, and evaluates those again that were left open. Names are compared without regard to case.
 */
export class NameBook {
  /** Folded name → who has it; null for nobody. */
  private readonly holders = new Map<string, string | null>();
  private readonly asked = new Set<string>();

  /** Whether `personId` may have `name`: nobody has it, or that person does. Throws NamesUnknown before the answer. */
  isFree(name: string, personId: string): boolean {
    const holder = this.holders.get(name.toLowerCase());
    if (holder === undefined) {
      this.ask(name);
      throw new NamesUnknown();
    }
    return holder === null || holder === personId;
  }

  /** Asks for a name without needing the answer now, so that one look-up serves several attempts. */
  ask(name: string): void {
    const key = name.toLowerCase();
    if (!this.holders.has(key)) this.asked.add(key);
  }

  /** From now on `personId` has the name; later persons of the batch see it taken. */
  claim(name: string, personId: string): void {
    this.holders.set(name.toLowerCase(), personId);
  }

  /** Names to look up, in lower case. */
  wanted(): string[] {
    return [...this.asked];
  }

  /** The answers: names in lower case with their holders; those of `names` that `holders` lacks are free. */
  learn(names: Iterable<string>, holders: ReadonlyMap<string, string>): void {
    for (const name of names) {
      this.asked.delete(name);
      if (!this.holders.has(name)) this.holders.set(name, holders.get(name) ?? null);
    }
  }
}
