// Entity tags of single resources: what was read is what is changed (RFC 9110, 8.8.3 and 13.1.1).
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { AppError } from '../../domain/app-error.ts';

/** Sends the tag of a version of a resource. */
export function sendTag(response: Response, version: string): void {
  response.setHeader('ETag', tagOf(version));
}

/** Sends the tag of what nobody can change, made of what is shown, and answers with its envelope. */
export function tagged<Resource>(response: Response, data: Resource): { data: Resource } {
  sendTag(response, createHash('sha256').update(JSON.stringify(data)).digest('base64url'));
  return { data };
}

/** @throws AppError `precondition_failed` when `If-Match` names other versions than this. */
export function requireMatch(request: Request, version: string): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  if (wanted.split(',').some((tag) => tag.trim() === tagOf(version))) return;
  throw new AppError(
    'precondition_failed',
    `It was changed since it was read: its ETag is ${tagOf(version)} now. Read it again.`,
  );
}

function tagOf(version: string): string {
  return `"${version}"`;
}
