// Computes the identity attributes of many persons by a compiled profile, looking user names up for all at once.
import { setImmediate } from 'node:timers/promises';
import type {
  AttributeError,
  CompiledProfile,
  ProfilePerson,
  ProfileResult,
} from '../transforms/compile-profile.ts';
import type { NameAnswer, NameBook } from '../transforms/name-book.ts';
import { SECURE_RANDOM } from '../transforms/random-source.ts';

/** Answers for each of the names. */
export type LookUpNames = (names: readonly string[]) => Promise<readonly NameAnswer[]>;

/** A generator tries 50 names and asks for several at a time; who needs more rounds than that has none left. */
const MOST_ROUNDS = 50;

/** How long others wait for the thread at most, but for one person's transforms. */
const MOST_MS = 5;

/** One result a person, in their order; lets others in on the way, as those who tell that the worker lives. */
export async function evaluatePersons(
  profile: CompiledProfile,
  persons: readonly ProfilePerson[],
  { names, now }: { names: NameBook; now: number },
  lookUp: LookUpNames,
): Promise<ProfileResult[]> {
  const surroundings = { now, random: SECURE_RANDOM, names };
  const breathe = breathing();
  const results: ProfileResult[] = [];
  for (const person of persons) {
    await breathe();
    results.push(profile.evaluate(person, surroundings));
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const open = results.flatMap((result, index) => (result.pending ? [index] : []));
    if (open.length === 0) break;
    names.learn(await lookUp(names.wanted()));
    for (const index of open) {
      await breathe();
      results[index] = profile.evaluate(persons[index] as ProfilePerson, surroundings);
    }
  }
  return results;
}

function breathing(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < MOST_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}

/** Attribute → why it could not be computed; null where none failed. */
export function failuresOf({ errors, pending }: ProfileResult): Record<string, string> | null {
  const reasons = Object.fromEntries(errors.map((error) => [error.attribute, reasonText(error)]));
  if (pending) reasons.userName = 'no user name was free';
  return Object.keys(reasons).length === 0 ? null : reasons;
}

/** A failure with its place in the definition, as text that PostgreSQL stores: it may quote any value, cut anywhere. */
export function reasonText({ path, reason }: AttributeError): string {
  const text = path === '' ? reason : `${path}: ${reason}`;
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
