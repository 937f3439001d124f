// Reads a form, urlencoded or multipart, with the platform's own parser.
import express, { type RequestHandler } from 'express';
import { invalidRequest } from '../http/validation-errors.ts';

const LARGEST = 16_384;
const read = express.raw({ type: () => true, limit: LARGEST });

/**
 * Makes `body` an object of the form's fields. RFC 6749, section 3.2: none may be there twice, and one without a value
 * counts as left out. What is no form is a 400 there, whatever is wrong with it.
 */
export const formBody: RequestHandler = (request, response, next) => {
  read(request, response, (error?: unknown) => {
    if (error !== undefined) {
      const tooLarge = (error as { type?: unknown }).type === 'entity.too.large';
      next(bodyProblem(tooLarge ? `has at most ${LARGEST} bytes` : 'cannot be read'));
      return;
    }
    fieldsOf(request.body, request.headers['content-type'] ?? '').then((fields) => {
      request.body = fields;
      next();
    }, next);
  });
};

async function fieldsOf(body: unknown, type: string): Promise<Record<string, string>> {
  const bytes = Buffer.isBuffer(body) ? new Uint8Array(body) : new Uint8Array();
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData().catch(() => {
    throw bodyProblem(
      'is a form: Content-Type: application/x-www-form-urlencoded, or multipart/form-data with its boundary',
    );
  });
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw bodyProblem('has no files', name);
    if (fields.has(name)) throw bodyProblem('is there twice', name);
    fields.set(name, value);
  }
  return Object.fromEntries([...fields].filter(([, value]) => value !== ''));
}

function bodyProblem(message: string, field?: string) {
  return invalidRequest([{ path: field === undefined ? 'body' : `body.${field.slice(0, 100)}`, message }]);
}
