// By what names are found that may be alike, and how alike two names are.
import type pg from 'pg';
import { type RawBuilder, run, sql } from '../../sql.ts';

/** The attribute under which names are kept; by which keys one is found, name_key has. */
export const NAME_KEY = '~name';

/** What confidence a name in another order is worth at most: Martin James may be somebody else than James Martin. */
const OTHER_ORDER = 90;
/** And one that has all words of the other. */
const SOME_WORDS = 85;

/** Of each half of a name these are compared. */
const MOST_CHARACTERS = 100;

/** A name's words without signs; a hyphen parts two. */
const plain = (text: RawBuilder<unknown>) =>
  sql`btrim(regexp_replace(folded_key(${text}), '[^[:alnum:]]+', ' ', 'g'))`;

/**
 * The row (attribute, value) of an account `o`: the given and the family name as they are compared, with a slash
 * between, which neither has.
 */
export const NAME: RawBuilder<unknown> = sql`
  select ${sql.lit(NAME_KEY)}::text, left(n.given, ${sql.lit(MOST_CHARACTERS)}) || '/' || left(n.family, ${sql.lit(MOST_CHARACTERS)})
  from (
    select ${plain(sql`case when o.surname is not null and o.given_name is not null then o.given_name
                         when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 2)
                         else regexp_replace(o.display_name, '\\s*\\S+\\s*$', '') end`)} as given,
           ${plain(sql`case when o.surname is not null and o.given_name is not null then o.surname
                         when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 1)
                         else substring(o.display_name from '(\\S+)\\s*$') end`)} as family
    -- What follows would else work each half out anew wherever it is mentioned.
    offset 0) n
  where n.given <> '' and n.family <> ''`;

/** How a word sounds; in scripts that the sound is not known of, how it begins. */
const sound = (word: RawBuilder<unknown>) => sql`coalesce(nullif(dmetaphone(${word}), ''), left(${word}, 4))`;

/** The words of a half; a third one is no key. */
const words = (name: RawBuilder<unknown>, half: 1 | 2) =>
  sql`unnest((string_to_array(split_part(${name}, '/', ${sql.lit(half)}), ' '))[1:2])`;

/**
 * Rows (value) of the keys of a name. A key is how one word of it sounds, with the beginning or the end of another: a
 * typo, whichever letter it is in, leaves one of them as it was, and so do names that were swapped and a second given or
 * family name.
 */
export const keysOf = (name: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select key.value
  from (
    select given, family, ${sound(sql`given`)} as given_sound, ${sound(sql`family`)} as family_sound
    from ${words(name, 1)} given cross join ${words(name, 2)} family offset 0) w
  cross join lateral (values
    (w.given_sound || '<' || left(w.family, 2)), (w.given_sound || '>' || right(w.family, 3)),
    (w.family_sound || '<' || left(w.given, 2)), (w.family_sound || '>' || right(w.given, 3))) key (value)`;

/**
 * Makes the keys of names that have none yet: once a name, however many accounts have it. Served by name_key_name.
 * @param names rows (name); one may come several times
 */
export async function addNameKeys(client: pg.PoolClient, names: RawBuilder<unknown>): Promise<void> {
  await run(
    client,
    sql`
      insert into name_key (name, value)
      select n.name, k.value
      from (select distinct name from (${names}) given (name)) n
      cross join lateral (${keysOf(sql`n.name`)}) k
      where not exists (select from name_key known where known.name = n.name)
      on conflict do nothing`,
  );
}

/**
 * Forgets the keys of names that no account has any more. Served by name_key_name and correlation_key_value.
 * @param names rows (name) that an account had
 */
export async function forgetNameKeys(client: pg.PoolClient, names: RawBuilder<unknown>): Promise<void> {
  await run(
    client,
    sql`
      delete from name_key n using (select distinct name from (${names}) had (name)) g
      where n.name = g.name
        and not exists (select from correlation_key k where k.value = g.name and k.attribute = ${NAME_KEY})`,
  );
}

/** A name as people write it. */
export const readable = (name: RawBuilder<unknown>): RawBuilder<unknown> => sql`translate(${name}, '/', ' ')`;

/**
 * How sure it is that two names are of one person, 0 to 100. Less than `least` may come out as anything below it.
 * fuzzystrmatch and pg_trgm compute it; what costs most is asked only of names that it may say something about.
 */
export function confidenceOf(
  one: RawBuilder<unknown>,
  other: RawBuilder<unknown>,
  least: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const longer = sql`greatest(length(${one}), length(${other}))`;
  const words = (name: RawBuilder<unknown>) => sql`string_to_array(${name}, ' ')`;
  const beginsAsEnds = (name: RawBuilder<unknown>, end: RawBuilder<unknown>) =>
    sql`left(${name}, 1) = left(split_part(${end}, ' ', -1), 1)`;
  return sql`
    case when ${one} = ${other} then 100 else greatest(
      round(100 * (1 - levenshtein_less_equal(${one}, ${other}, ceil(${longer} * (100 - ${least}) / 100.0)::int)::real
            / ${longer})),
      case when ${beginsAsEnds(one, other)} and ${beginsAsEnds(other, one)}
        then least(${sql.lit(OTHER_ORDER)}, round(100 * similarity(${one}, ${other}))) end,
      case when (split_part(${one}, ' ', 3) <> '' or split_part(${other}, ' ', 3) <> '')
          and (${words(one)} <@ ${words(other)} or ${words(other)} <@ ${words(one)}) then ${sql.lit(SOME_WORDS)} end)
    end::smallint`;
}
