// normalizeNames: names in the capitals that people write them with.
import { z } from 'zod';
import { textTransform } from './transform-kind.ts';

const PARTICLES = new Set(['von', 'del', 'of', 'de', 'la', 'y']);
/** With what may stand behind it. Tied to the beginning: searched for, a long run of dots would take minutes. */
const ROMAN = /^(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})[.,]*$/;
/** Names that only begin like a son's: nobody writes MacEdo. */
const NOT_PATRONYMIC = /^mac(?:cabee|e|eda|edo|ey|ha|hado|hiavelli|hin|iag|ias|iel|k|ke|key|kie|klin|ron|y)$/;

export const normalizeNames = textTransform('normalizeNames', z.object({}), () => (text) => {
  const words = text.split(' ');
  const last = words.findLastIndex((word) => word !== '');
  return words.map((word, index) => normalized(word.toLowerCase(), index > 0 && index === last)).join(' ');
});

function normalized(word: string, isSuffix: boolean): string {
  if (PARTICLES.has(word)) return word;
  if (isSuffix && ROMAN.test(word)) return word.toUpperCase();
  return word
    .split(/([-'’])/)
    .map((part) => (PARTICLES.has(part) && part !== 'y' ? part : patronymic(part)))
    .join('');
}

function patronymic(part: string): string {
  const found = /^(mc|mac)(\p{L}.+)$/u.exec(part);
  const prefix = found?.[1];
  const rest = found?.[2];
  if (prefix === undefined || rest === undefined || NOT_PATRONYMIC.test(part)) return capitalized(part);
  return capitalized(prefix) + capitalized(rest);
}

function capitalized(part: string): string {
  const first = part.codePointAt(0);
  if (first === undefined) return part;
  const letter = String.fromCodePoint(first);
  return letter.toUpperCase() + part.slice(letter.length);
}
