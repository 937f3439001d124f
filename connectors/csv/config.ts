// The settings of a CSV connection, checked when it is saved.
import { z } from 'zod';

/** Encodings by the names a person may write; the values are TextDecoder's. */
export const CSV_ENCODINGS = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'windows-1252': 'windows-1252',
  latin1: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  'iso-8859-15': 'iso-8859-15',
} as const;

const ENCODING_NAMES = Object.keys(CSV_ENCODINGS) as [keyof typeof CSV_ENCODINGS];

function staysInside(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return (
    !path.includes('\0') && !/^([/\\]|[A-Za-z]:)/.test(path) && !parts.includes('..') && parts.at(-1) !== ''
  );
}

const importPath = z
  .string()
  .min(1)
  .max(1024)
  .refine(staysInside, 'must be a path relative to the import folder, without ..');
const column = z.string().trim().min(1).max(200);

/** `config` of a connection of type `csv`: only the file and its key column cannot be guessed. */
export const csvConfigSchema = z.strictObject({
  file: importPath,
  delimiter: z
    .string()
    .min(1)
    .max(8)
    .refine((value) => !/["\r\n\0]/.test(value), 'must not hold a quote or a line break')
    .default(','),
  encoding: z
    .string()
    .toLowerCase()
    .pipe(z.enum(ENCODING_NAMES, `must be one of ${ENCODING_NAMES.join(', ')}`))
    .default('utf-8'),
  keyColumn: column,
  classColumn: column.nullable().default(null),
  multiValueSeparator: z.string().min(1).max(8).nullable().default(null),
  membershipFile: importPath.nullable().default(null),
});

export type CsvConfig = z.infer<typeof csvConfigSchema>;
