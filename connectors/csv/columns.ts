// Reads a CSV file's header: which column is what.
import { AppError } from '../../domain/app-error.ts';
import { attributeKey, type IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { isSideAttribute } from '../../domain/side-attributes.ts';
import type { CsvConfig } from './config.ts';

/** One column that is read. */
export interface Column {
  name: string;
  /** Position in a row. */
  index: number;
  side: boolean;
  splits: boolean;
}

export interface Columns {
  /** Number of cells each row must have. */
  width: number;
  key: number;
  objectClass: number | null;
  distinguishedName: number | null;
  /** The column that holds a group's members. */
  members: Column | null;
  /** What becomes attributes: every column but the members' and secret ones. */
  attributes: Column[];
  /** Columns that are left out because they are secret. */
  secret: string[];
  /** Positions of cells that nothing is made of: those of secret columns and of columns without a name. */
  unread: number[];
}

const DN_NAMES = new Set(['distinguishedname', 'dn']);
const MEMBER_NAMES = new Set(['member', 'members']);

function malformed(file: string, reason: string): AppError {
  return new AppError('malformed_file', `The header of '${file}' cannot be used (line 1): ${reason}.`);
}

function listed(names: string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** Where a column is: spelled exactly, else in another case. */
function find(names: string[], wanted: string): number {
  const exact = names.indexOf(wanted);
  return exact >= 0 ? exact : names.findIndex((name) => name.toLowerCase() === wanted.toLowerCase());
}

function required(names: string[], wanted: string, setting: string, file: string): number {
  const found = find(names, wanted);
  if (found >= 0) return found;
  throw malformed(file, `there is no column '${wanted}' (${setting}); the columns are ${listed(names)}`);
}

function checkNames(names: string[], file: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    if (name === '') continue;
    if (name === '__proto__' || name.length > 200 || name.includes('\0')) {
      throw malformed(file, `'${name.slice(0, 40)}' is no column name`);
    }
    if (seen.has(folded)) throw malformed(file, `the column '${name}' is there twice`);
    seen.add(folded);
  }
}

/**
 * What the columns of a file are, by its first row.
 * @throws AppError `malformed_file` when the key or class column is missing or a name comes twice.
 */
export function readHeader(
  header: string[],
  file: string,
  config: Pick<CsvConfig, 'keyColumn' | 'classColumn' | 'multiValueSeparator'>,
  isSecret: IsSecretAttribute,
): Columns {
  const names = header.map((name) => name.trim());
  checkNames(names, file);
  const key = required(names, config.keyColumn, 'keyColumn', file);
  if (isSecret(config.keyColumn))
    throw malformed(file, `the column '${config.keyColumn}' is secret and no key`);
  const objectClass =
    config.classColumn === null ? null : required(names, config.classColumn, 'classColumn', file);
  const position = (wanted: Set<string>) => {
    const found = names.findIndex((name, index) => index !== key && wanted.has(name.toLowerCase()));
    return found < 0 ? null : found;
  };
  const distinguishedName = position(DN_NAMES);
  const memberIndex = objectClass === null ? null : position(MEMBER_NAMES);
  const column = (index: number): Column => ({
    name: names[index] as string,
    index,
    side: isSideAttribute(names[index] as string),
    splits: config.multiValueSeparator !== null && ![key, objectClass, distinguishedName].includes(index),
  });
  const indexes = names.map((_, index) => index).filter((index) => names[index] !== '');
  const secret = indexes.filter((index) => isSecret(names[index] as string));
  const attributes = indexes.filter((index) => !secret.includes(index) && index !== memberIndex);
  const read = new Set([...attributes, key, objectClass, distinguishedName, memberIndex]);
  return {
    width: names.length,
    key,
    objectClass,
    distinguishedName,
    members: memberIndex === null ? null : column(memberIndex),
    attributes: attributes.map(column),
    secret: secret.map((index) => names[index] as string),
    unread: [...names.keys()].filter((index) => !read.has(index)),
  };
}

/**
 * The `group` and `member` columns of a membership file.
 * @throws AppError `malformed_file` when one is missing.
 */
export function readMembershipHeader(
  header: string[],
  file: string,
): { width: number; group: number; member: number } {
  const names = header.map((name) => name.trim());
  checkNames(names, file);
  return {
    width: names.length,
    group: required(names, 'group', 'of a membership file', file),
    member: required(names, 'member', 'of a membership file', file),
  };
}

const CLASS_NAMES = new Map<string, string>(
  [
    ['user', 'users', 'person', 'people', 'account', 'employee', 'inetorgperson'],
    ['group', 'groups', 'groupofnames', 'posixgroup'],
    ['computer', 'computers', 'device', 'machine', 'workstation', 'server'],
    ['contact', 'contacts'],
    ['organizationalUnit', 'organizationalunit', 'organizational unit', 'ou'],
  ].flatMap(([target, ...names]) => [target, ...names].map((name) => [name as string, target as string])),
);

/** The class a value of the class column means; a value that is none of ours stays as it is. */
export function objectClassOf(value: string): string {
  const text = value.trim();
  return CLASS_NAMES.get(attributeKey(text)) ?? text;
}
