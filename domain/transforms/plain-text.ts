// upper, lower, trim and decomposeDiacriticalMarks: transforms of one text without settings.
import { z } from 'zod';
import { textTransform } from './transform-kind.ts';

const none = z.object({});

export const upper = textTransform('upper', none, () => (text) => text.toUpperCase());
export const lower = textTransform('lower', none, () => (text) => text.toLowerCase());
export const trim = textTransform('trim', none, () => (text) => text.trim());

// The block that Java calls InCombiningDiacriticalMarks.
const MARKS = /[\u0300-\u036f]/g;
export const decomposeDiacriticalMarks = textTransform('decomposeDiacriticalMarks', none, () => (text) => {
  return text.normalize('NFKD').replace(MARKS, '');
});
