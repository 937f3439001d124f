// What a project can ask of a CSV file: classes, one a scope, and nothing else.
import { AppError, type ErrorDetail } from '../../domain/app-error.ts';
import { OBJECT_CLASSES } from '../../domain/object-fields.ts';
import type { SourceScope } from '../connector.ts';
import type { CsvConfig } from './config.ts';

/** Every class when the file has a class column, else users. */
export function csvScopes(config: Pick<CsvConfig, 'classColumn'>): SourceScope[] {
  const classes = config.classColumn === null ? ['user'] : OBJECT_CLASSES;
  return classes.map((objectClass) => ({ objectClass, baseDn: null, filter: null }));
}

/** What is wrong with scopes, by path below the list. */
export function checkCsvScopes(scopes: SourceScope[]): ErrorDetail[] {
  return scopes.flatMap(({ baseDn, filter }, index) => {
    const wrong: ErrorDetail[] = [];
    if (baseDn !== null) {
      wrong.push({ path: `${index}.baseDn`, message: 'A CSV file has no bases: leave baseDn out.' });
    }
    if (filter !== null) {
      wrong.push({
        path: `${index}.filter`,
        message: 'A CSV file is read whole, without a filter: leave rows out where the file is made.',
      });
    }
    return wrong;
  });
}

/** @throws AppError `invalid_filter` or `invalid_configuration` when a scope asks for more than a class. */
export function assertReadableScopes(scopes: SourceScope[]): Set<string> {
  const wrong = checkCsvScopes(scopes)[0];
  if (wrong !== undefined) {
    throw new AppError(
      wrong.path.endsWith('filter') ? 'invalid_filter' : 'invalid_configuration',
      wrong.message,
    );
  }
  return new Set(scopes.map(({ objectClass }) => objectClass));
}
