// base64Encode and base64Decode: text as base64 of its UTF-8 bytes, and back.
import { z } from 'zod';
import { textTransform } from './transform-kind.ts';

const none = z.object({});
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

export const base64Encode = textTransform('base64Encode', none, () => (text) => {
  return Buffer.from(text, 'utf8').toString('base64');
});

export const base64Decode = textTransform('base64Decode', none, (_attributes, site) => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (text) => {
    const compact = text.replace(/\s+/g, '');
    if (!BASE64.test(compact)) return site.fail('the input is not base64');
    try {
      return decoder.decode(Buffer.from(compact, 'base64'));
    } catch {
      return site.fail('the decoded bytes are not text in UTF-8');
    }
  };
});
