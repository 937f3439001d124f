// Refuses what the contract has and this version cannot serve, by name, so that nothing is ignored in silence.
import { invalidRequest } from '../http/validation-errors.ts';

/** @throws AppError `invalid_request` naming each of `fields` that `given` asks for. */
export function refuseNotYet(part: 'query' | 'body', given: object, fields: string[]): void {
  const asked = fields.filter((field) => {
    const value = (given as Record<string, unknown>)[field];
    return value !== undefined && value !== null && value !== false;
  });
  if (asked.length > 0)
    throw invalidRequest(
      asked.map((field) => ({ path: `${part}.${field}`, message: 'is not available yet' })),
    );
}
