// iso3166: a country as a code of ISO 3166-1.
import countries from 'i18n-iso-countries';
import { z } from 'zod';
import { foldText } from '../folded-text.ts';
import { textTransform } from './transform-kind.ts';

const attributes = z.object({
  format: z
    .enum(['alpha2', 'alpha3', 'numeric'], { error: 'must be alpha2, alpha3 or numeric' })
    .default('alpha2'),
});

export const iso3166 = textTransform('iso3166', attributes, ({ format }) => {
  const codes = countryCodes();
  return (text) => {
    const code = codes.get(foldText(text));
    if (code === undefined) return null;
    if (format === 'alpha2') return code;
    return (format === 'alpha3' ? countries.alpha2ToAlpha3(code) : countries.alpha2ToNumeric(code)) ?? null;
  };
});

let known: ReadonlyMap<string, string> | null = null;

/** Folded code or name → alpha-2 code. Built when it is first needed: it has the names of all languages. */
export function countryCodes(): ReadonlyMap<string, string> {
  if (known !== null) return known;
  const codes = new Map<string, string>();
  const add = (name: string | undefined, code: string) => {
    const key = foldText(name ?? '');
    if (key !== '' && !codes.has(key)) codes.set(key, code);
  };
  const alpha2 = Object.keys(countries.getAlpha2Codes());
  for (const code of alpha2) {
    add(code, code);
    add(countries.alpha2ToAlpha3(code), code);
    const numeric = countries.alpha2ToNumeric(code) as string;
    add(numeric, code);
    add(String(Number(numeric)), code);
  }
  // English names win where a name means another country in another language.
  const english = new Intl.DisplayNames('en', { type: 'region' });
  for (const code of alpha2) add(english.of(code), code);
  for (const language of ['en', ...countries.getSupportedLanguages()])
    for (const [code, names] of Object.entries(countries.getNames(language, { select: 'all' })))
      for (const name of names) add(name, code);
  known = codes;
  return codes;
}
