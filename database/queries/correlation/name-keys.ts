// By what names are found that may be alike, and how alike two names are.
import { type RawBuilder, sql } from '../../sql.ts';

/** The attribute under which names are kept; a name has several keys. */
export const NAME_KEY = '~name';

/** What confidence a name in another order is worth at most: Martin James may be somebody else than James Martin. */
const OTHER_ORDER = 90;
/** And one that has all words of the other. */
const SOME_WORDS = 85;

/** A name's words without signs; a hyphen parts two. */
const plain = (text: RawBuilder<unknown>) =>
  sql`btrim(regexp_replace(folded_key(${text}), '[^[:alnum:]]+', ' ', 'g'))`;

/** How a word sounds; in scripts that the sound is not known of, how it begins. */
const sound = (word: RawBuilder<unknown>) => sql`coalesce(nullif(dmetaphone(${word}), ''), left(${word}, 4))`;

/**
 * Rows (attribute, value, name) of an account `o`. A key is how one word of the name sounds, with the beginning or the
 * end of another: a typo, whichever letter it is in, leaves one of them as it was, and so do names that were swapped
 * and a second given or family name.
 */
export const NAME_KEYS: RawBuilder<unknown> = sql`
  select ${sql.lit(NAME_KEY)}::text, key.value, n.name
  from (
    -- "offset 0": what follows would else work each name out anew wherever it is mentioned.
    select p.given, p.family, left(p.given || ' ' || p.family, 200) as name
    from (
      select ${plain(sql`case when o.surname is not null and o.given_name is not null then o.given_name
                           when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 2)
                           else regexp_replace(o.display_name, '\\s*\\S+\\s*$', '') end`)} as given,
             ${plain(sql`case when o.surname is not null and o.given_name is not null then o.surname
                           when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 1)
                           else substring(o.display_name from '(\\S+)\\s*$') end`)} as family
      offset 0) p
    where p.given <> '' and p.family <> '' offset 0) n
  cross join lateral (
    select given, family, ${sound(sql`given`)} as given_sound, ${sound(sql`family`)} as family_sound
    from unnest((string_to_array(n.given, ' '))[1:2]) given
    cross join unnest((string_to_array(n.family, ' '))[1:2]) family offset 0) w
  cross join lateral (values
    (w.given_sound || '<' || left(w.family, 2)), (w.given_sound || '>' || right(w.family, 3)),
    (w.family_sound || '<' || left(w.given, 2)), (w.family_sound || '>' || right(w.given, 3))) key (value)`;

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
