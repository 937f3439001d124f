// Holds every answer of the integration tests against the OpenAPI document.
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { createOpenApiDocument } from '../../contracts/openapi.ts';
import { isSailPointPath } from '../../contracts/sailpoint/schemas.ts';

export interface Answer {
  method: string;
  /** Path without the query. */
  path: string;
  status: number;
  contentType: string | null;
  body: unknown;
}

export type CheckAnswer = (answer: Answer) => void;

interface Response {
  $ref?: string;
  content?: Record<string, unknown>;
}

/** Throws where an answer's status, content type or body is not what the document declares. */
export function createAnswerCheck(): CheckAnswer {
  const document = createOpenApiDocument('0.0.0');
  const ajv = new Ajv({ strict: false, allErrors: true });
  (formats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addSchema(document, 'contract');
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: string) => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `contract#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  const templates = Object.keys(document.paths);
  return (answer) => {
    const where = `${answer.method} ${answer.path} → ${answer.status}`;
    const template = templateOf(templates, answer.path);
    const operation = template && document.paths[template]?.[answer.method.toLowerCase()];
    if (!operation) {
      if (answer.status < 400) throw new Error(`${where}: the document has no such operation`);
      check(validator(`/components/schemas/${errorOf(answer)}`), answer.body, where);
      return;
    }
    const declared: Response | undefined = operation.responses[answer.status];
    if (!declared) throw new Error(`${where}: the document does not declare this status`);
    const base =
      declared.$ref?.slice(1) ??
      pointerOf('paths', template, answer.method.toLowerCase(), 'responses', String(answer.status));
    const content = declared.$ref ? { 'application/json': {} } : (declared.content ?? {});
    if (Object.keys(content).length === 0) {
      if (answer.body !== undefined) throw new Error(`${where}: the document declares no body`);
      return;
    }
    const type = answer.contentType?.split(';')[0] ?? '';
    if (!(type in content)) throw new Error(`${where}: the document does not declare ${type}`);
    if (type === 'application/json')
      check(validator(`${base}${pointerOf('content', type, 'schema')}`), answer.body, where);
  };
}

/** The shape of what no operation answers. */
function errorOf({ path, status }: Answer): string {
  if (!isSailPointPath(path)) return 'Error';
  return status === 429 ? 'SailPointTooManyRequests' : 'SailPointError';
}

function templateOf(templates: string[], path: string): string | undefined {
  if (templates.includes(path)) return path;
  return templates.find((template) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
}

function pointerOf(...segments: string[]): string {
  return segments
    .map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .replaceAll('{', '%7B')
    .replaceAll('}', '%7D');
}

function check(validate: ValidateFunction, body: unknown, where: string): void {
  if (validate(body)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  throw new Error(
    `${where}: not what the document says: ${problems.join('; ')}\n${JSON.stringify(body).slice(0, 2_000)}`,
  );
}
