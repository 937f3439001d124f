// Which user names are taken, looked up for a whole batch at once: an evaluation that needs an answer which is
// not there yet says so, and is repeated when it is.

/** The names that an evaluation asked for are not known yet; NameBook.wanted() has them. */
export class NamesUnknown extends Error {
  constructor() {
    super('user names have to be looked up');
    this.name = 'NamesUnknown';
  }
}

/** The holder of a name that several have, and so nobody may be given. */
const SEVERAL = 'several';

/** What a look-up says of a name. */
export interface NameAnswer {
  name: string;
  /** The same for names that nobody could tell apart. */
  key: string;
  /** Who has it; null for nobody. */
  holder: string | null;
}

/**
 * Names in a batch. The refresh evaluates all persons; while `wanted()` is not empty it looks those names up in one
 * statement, tells `learn`, and evaluates those again that were left open. Which names are the same (`Ann` and `ann`)
 * the look-up says alone: what folds them here as well would sooner or later fold one in another way.
 */
export class NameBook {
  private readonly keys = new Map<string, string>();
  /** Key → who has the name; null for nobody. */
  private readonly holders = new Map<string, string | null>();
  private readonly asked = new Set<string>();
  private given = new Map<string, { name: string; personId: string }>();

  /** Whether `personId` may have `name`: nobody has it, or that person does. Throws NamesUnknown before the answer. */
  isFree(name: string, personId: string): boolean {
    const key = this.keys.get(name);
    if (key === undefined) {
      this.ask(name);
      throw new NamesUnknown();
    }
    const holder = this.holders.get(key) ?? null;
    return holder === null || holder === personId;
  }

  /** Asks for a name without needing the answer now, so that one look-up serves several attempts. */
  ask(name: string): void {
    if (!this.keys.has(name)) this.asked.add(name);
  }

  /** From now on `personId` has the name, which `isFree` said; later persons of the batch see it taken. */
  claim(name: string, personId: string): void {
    const key = this.keys.get(name) as string;
    this.holders.set(key, personId);
    this.given.set(key, { name, personId });
  }

  /** Names to look up. */
  wanted(): string[] {
    return [...this.asked];
  }

  /** The answers, which tell nothing new of a name that was claimed meanwhile. */
  learn(answers: Iterable<NameAnswer>): void {
    for (const { name, key, holder } of answers) {
      this.asked.delete(name);
      this.keys.set(name, key);
      if (!this.holders.has(key)) this.holders.set(key, holder);
    }
  }

  /** Names that persons of the batch have now, whoever gave them: nobody else may have them. */
  hold(names: Iterable<NameAnswer>): void {
    for (const { name, key, holder } of names) {
      this.keys.set(name, key);
      const before = this.holders.get(key) ?? holder;
      this.holders.set(key, before === holder ? holder : SEVERAL);
    }
  }

  /** Names that were claimed since this was asked last, to be kept. */
  takeGiven(): { name: string; personId: string }[] {
    const given = [...this.given.values()];
    this.given = new Map();
    return given;
  }
}
