// e164phone: a phone number in the form of E.164.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import { textTransform } from './transform-kind.ts';

const attributes = z.object({ defaultRegion: z.string().toUpperCase().default('US') });
/** No number is longer, however it is written. */
const MOST = 60;

export const e164phone = textTransform('e164phone', attributes, ({ defaultRegion }, site) => {
  if (!isSupportedCountry(defaultRegion)) {
    site.problem('defaultRegion', `'${defaultRegion}' is no region of ISO 3166-1 alpha-2 with phone numbers`);
    return null;
  }
  return (text) => {
    if (text.length > MOST) return null;
    const number = parsePhoneNumberFromString(text, defaultRegion);
    return number?.isValid() ? number.number : null;
  };
});
