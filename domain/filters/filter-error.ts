// What is wrong with a `filters` or `sorters` parameter, and at which character.
import { AppError } from '../app-error.ts';

export type FilterParameter = 'filters' | 'sorters';

/** A 400 that says what was found, where, and what would be right. */
export class FilterError extends AppError {
  readonly parameter: FilterParameter;
  /** Offset into the parameter's text, from 0, in UTF-16 units; its message counts from 1. */
  readonly position: number;

  constructor(parameter: FilterParameter, position: number, message: string) {
    const where = `at character ${position + 1}: ${message}`;
    super('invalid_request', `${parameter}, ${where}`, {
      details: [{ path: `query.${parameter}`, message: where }],
    });
    this.name = 'FilterError';
    this.parameter = parameter;
    this.position = position;
  }
}

/** A piece of what somebody sent, short enough to stand in a message. */
export function quoted(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text}'`;
}
