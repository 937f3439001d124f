// A temporary file without a name: what does not fit into memory waits in it, and is gone with the process.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WRITE_CHARACTERS = 64 << 10;
const READ_BYTES = 256 << 10;

/** Lines of text, written one after the other and then read back in order. */
export class SpillFile {
  private readonly handle: FileHandle;
  private waiting = '';
  private size = 0;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(): Promise<SpillFile> {
    const path = join(tmpdir(), `identity-center-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    // Without its name the file takes no room any more once it is closed, even when we are killed.
    await unlink(path);
    return new SpillFile(handle);
  }

  /** Adds a line; the text must hold no line break. A returned promise must be waited for. */
  add(line: string): Promise<void> | null {
    this.waiting += `${line}\n`;
    return this.waiting.length < WRITE_CHARACTERS ? null : this.flush();
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  /** The lines in lots, in the order they were added. */
  async *read(): AsyncGenerator<string[]> {
    await this.flush();
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const decoder = new TextDecoder();
    let rest = '';
    for (let position = 0; position < this.size; ) {
      const { bytesRead } = await this.handle.read(buffer, 0, READ_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      rest = lines.pop() as string;
      yield lines;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
