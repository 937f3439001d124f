// Turns a file's bytes into UTF-8 chunks that end between characters, whatever encoding it is in.
import { isUtf8 } from 'node:buffer';
import { AppError } from '../../domain/app-error.ts';
import type { SourceFile } from '../source-file.ts';
import { CSV_ENCODINGS, type CsvConfig } from './config.ts';

const CHUNK_BYTES = 64 << 10;

/** How many bytes at the end begin a character that is not all there. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** Passes UTF-8 on as it is, once it is known to be UTF-8. */
class Utf8Checker {
  private readonly name: string;
  private rest: Buffer = Buffer.alloc(0);
  private line = 1;

  constructor(name: string) {
    this.name = name;
  }

  take(data: Buffer, isLast: boolean): Buffer {
    const bytes = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const cut = isLast ? 0 : unfinishedBytes(bytes);
    const whole = cut === 0 ? bytes : bytes.subarray(0, bytes.length - cut);
    // The buffer is read into again, so what is kept must be a copy.
    this.rest = Buffer.from(bytes.subarray(bytes.length - cut));
    if (!isUtf8(whole)) throw this.notUtf8(whole);
    this.line += countLines(whole);
    return whole;
  }

  private notUtf8(bytes: Buffer): AppError {
    let line = this.line;
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(0x0a, at);
      const end = newline < 0 ? bytes.length : newline + 1;
      if (!isUtf8(bytes.subarray(at, end))) break;
      line += 1;
      at = end;
    }
    return new AppError(
      'malformed_file',
      `The file '${this.name}' is not in UTF-8 (line ${line}): set encoding to what it is written in, windows-1252 for instance.`,
    );
  }
}

function byOrderMark(first: Buffer, configured: string): string {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be';
  if (first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf) return 'utf-8';
  return configured;
}

/**
 * The file's text from its beginning, as UTF-8 without a byte order mark. A mark overrules the configured
 * encoding. Each chunk is valid until the next one is asked for.
 * @throws AppError `malformed_file` when the bytes are not in the encoding.
 */
export async function* utf8Chunks(file: SourceFile, encoding: CsvConfig['encoding']): AsyncGenerator<Buffer> {
  const checker = new Utf8Checker(file.name);
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let position = 0;
  for (;;) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const bytesRead = await file.read(buffer, position);
    let data = buffer.subarray(0, bytesRead);
    if (position === 0) {
      const actual = byOrderMark(data, CSV_ENCODINGS[encoding]);
      if (actual !== 'utf-8') decoder = new TextDecoder(actual, { fatal: true });
      else if (data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) data = data.subarray(3);
    }
    position += bytesRead;
    const isLast = bytesRead === 0;
    if (decoder === null) yield checker.take(data, isLast);
    else yield decode(decoder, data, isLast, file.name);
    if (isLast) return;
  }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  data: Buffer,
  isLast: boolean,
  name: string,
): Buffer {
  try {
    return Buffer.from(decoder.decode(data, { stream: !isLast }));
  } catch (cause) {
    throw new AppError('malformed_file', `The file '${name}' is not in the encoding ${decoder.encoding}.`, {
      cause,
    });
  }
}
