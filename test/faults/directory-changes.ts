// What happens in the directory between two runs: people change, come, go and move, groups change.
import type { Random } from '../../bench/random.ts';

/** Of these many people each: a share of all, so that no delete threshold is met. */
const SHARES = { changed: 0.05, gone: 0.002, moved: 0.005 };

/** Ordinary people of the generated directory: their names need no escaping, and they stand in ou=<site>. */
export interface Person {
  uid: string;
  dn: string;
}

export interface ChangesWanted {
  people: Person[];
  groups: string[];
  /** Numbers the titles and names that are new. */
  round: number;
  /** Whether somebody goes. */
  deletes: boolean;
}

/** LDIF for ldapmodify; takes those who go or move out of `people`, and puts those who come in. */
export function randomChanges(random: Random, { people, groups, round, deletes }: ChangesWanted): string {
  const take = (): Person => people.splice(random.integer(people.length), 1)[0] as Person;
  const count = (share: number) => Math.max(2, Math.round(people.length * share));
  const base = (person: Person) => person.dn.slice(person.dn.indexOf(',') + 1);
  const parts: string[] = [];
  for (let index = count(SHARES.changed); index > 0; index--) {
    const { dn } = random.pick(people);
    parts.push(`dn: ${dn}\nchangetype: modify\nreplace: title\ntitle: Title ${round}.${index}\n`);
  }
  for (let index = deletes ? count(SHARES.gone) : 0; index > 0; index--)
    parts.push(`dn: ${take().dn}\nchangetype: delete\n`);
  const came: Person[] = [];
  for (let index = count(SHARES.moved); index > 0; index--) {
    const person = take();
    const uid = `m${round}x${index}`;
    const parent = base(random.pick(people));
    parts.push(
      `dn: ${person.dn}\nchangetype: modrdn\nnewrdn: uid=${uid}\ndeleteoldrdn: 1\nnewsuperior: ${parent}\n`,
    );
    came.push({ uid, dn: `uid=${uid},${parent}` });
  }
  for (let index = count(SHARES.gone); index > 0; index--) {
    const uid = `n${round}x${index}`;
    const dn = `uid=${uid},${base(random.pick(people))}`;
    parts.push(
      `dn: ${dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: New ${uid}\nsn: New\n`,
    );
    came.push({ uid, dn });
  }
  people.push(...came);
  for (const { dn } of came) {
    const group = random.pick(groups);
    parts.push(`dn: ${group}\nchangetype: modify\nadd: member\nmember: ${dn}\n`);
  }
  return parts.join('\n');
}
