// rfc5646: a language, by English name or three letters, as the tag that the vendor's table has for it.
import { z } from 'zod';
import { foldText } from '../folded-text.ts';
import { countryCodes } from './iso3166.ts';
import { textTransform } from './transform-kind.ts';

export const rfc5646 = textTransform('rfc5646', z.object({}), () => (text) => tagOf(foldText(text)));

/** Names of the vendor's table that CLDR has otherwise. */
const NAMES: Record<string, string> = {
  'azeri (cyrillic)': 'az_#Cyrl',
  'azeri (latin)': 'az',
  'chinese (s)': 'zh_CN',
  'chinese (t)': 'zh_TW',
  divehi: 'dv',
  farsi: 'fa',
  'fyro macedonian': 'mk',
  kyrgyz: 'ky',
  maori: 'mi',
  'northern sotho': 'ns',
  'norwegian (bokmal)': 'nb',
  'norwegian (bokmål)': 'nb',
  'norwegian (nynorsk)': 'nn',
  sami: 'se',
  'serbian (cyrillic)': 'sr_#Cyrl',
  'serbian (latin)': 'sr',
  tagalog: 'tl',
  'uzbek (cyrillic)': 'uz_#Cyrl',
  'uzbek (latin)': 'uz',
};

/** Regions of the vendor's table that are no English name of a country. */
const REGIONS: Record<string, string> = {
  caribbean: 'CB',
  'former yugoslav republic of macedonia': 'MK',
  'islamic republic of pakistan': 'PK',
  korea: 'KR',
  macau: 'MO',
  'principality of monaco': 'MC',
  'republic of the philippines': 'PH',
  'serbia and montenegro': 'SP',
  'u.a.e.': 'AE',
};

/** Codes that Java, and with it the vendor's table, has from older versions of ISO 639. */
const OLD_CODES: Record<string, string> = { he: 'iw', id: 'in', yi: 'ji' };
const OLD_LETTERS: Record<string, string> = { bih: 'bh', mol: 'mo', tgl: 'tl', twi: 'tw' };

function tagOf(text: string): string | null {
  if (/^[a-z]{3}$/.test(text)) return ofLetters(text);
  const whole = languageOf(text);
  if (whole !== null) return whole;
  // `language (region)`, where the language may have parentheses of its own.
  const at = text.lastIndexOf(' (');
  if (at < 0 || !text.endsWith(')')) return null;
  const country = text.slice(at + 2, -1);
  const [language, script] = (languageOf(text.slice(0, at)) ?? '').split('_#');
  const region = Object.hasOwn(REGIONS, country) ? REGIONS[country] : countryCodes().get(country);
  if (language === undefined || language === '' || region === undefined) return null;
  return `${language}_${region}${script === undefined ? '' : `_#${script}`}`;
}

function ofLetters(letters: string): string | null {
  const old = OLD_LETTERS[letters];
  if (old !== undefined) return old;
  const code = Intl.getCanonicalLocales(letters)[0];
  return code?.length === 2 ? (OLD_CODES[code] ?? code) : null;
}

function languageOf(name: string): string | null {
  return (Object.hasOwn(NAMES, name) ? NAMES[name] : languages().get(name)) ?? null;
}

let known: ReadonlyMap<string, string> | null = null;

/** Folded English name → code, of all languages that CLDR names and that have a code of two or three letters. */
function languages(): ReadonlyMap<string, string> {
  if (known !== null) return known;
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  const codes = new Map<string, string>();
  for (const code of [...pairs, ...pairs.flatMap((pair) => letters.map((third) => pair + third))]) {
    const name = names.of(code);
    // Of several codes for a language CLDR takes one: ro, not mo.
    if (name !== undefined && Intl.getCanonicalLocales(code)[0] === code)
      codes.set(foldText(name), OLD_CODES[code] ?? code);
  }
  known = codes;
  return codes;
}
