// A file that a connector reads, wherever it lies: in the import folder, or uploaded.

/** An opened file. Its bytes stay the same until it is closed, or reading it fails. */
export interface SourceFile {
  /** As the config names it. */
  name: string;
  /** In bytes, when it was opened. */
  size: number;
  /** The same as long as the bytes are: another one when it was written to or replaced. */
  identity: string;
  /**
   * Reads from `position` on into `buffer` and answers with the number of bytes: fewer than it holds where a part
   * ends, 0 at the end.
   */
  read(buffer: Buffer, position: number): Promise<number>;
  /** @throws AppError `source_busy` when it is no longer the file that was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file that was uploaded to a connection; null where there is none of that name. */
export type OpenUploaded = (connectionId: string, name: string) => Promise<SourceFile | null>;
