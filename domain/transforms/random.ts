// randomAlphaNumeric, randomNumeric and uuid: values of chance.
import { z } from 'zod';
import { wholeNumber } from './attribute-schemas.ts';
import { type Evaluate, valueTransform } from './transform-kind.ts';

const DIGITS = '0123456789';
const ALPHANUMERIC = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz${DIGITS}`;
const MOST = 450;

export const randomAlphaNumeric = valueTransform(
  'randomAlphaNumeric',
  z.object({ length: wholeNumber(1, MOST).default(32) }),
  'none',
  ({ length }, site) => {
    site.needs('random');
    return drawn(ALPHANUMERIC, length);
  },
);

export const randomNumeric = valueTransform(
  'randomNumeric',
  z.object({ length: wholeNumber(1, MOST).default(10) }),
  'none',
  ({ length }, site) => {
    site.needs('random');
    return drawn(DIGITS, length);
  },
);

export const uuid = valueTransform('uuid', z.object({}), 'none', (_attributes, site) => {
  site.needs('random');
  return (scope) => scope.random.uuid();
});

function drawn(characters: string, length: number): Evaluate {
  return (scope) => {
    let text = '';
    for (let index = 0; index < length; index += 1) text += characters[scope.random.below(characters.length)];
    return text;
  };
}
