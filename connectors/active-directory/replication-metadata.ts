// Reads when a single attribute of an entry was last written (replPropertyMetaData, MS-DRSR section 5.159).

/** primaryGroupID, as replication numbers attributes (MS-DRSR section 5.16). */
export const PRIMARY_GROUP_ID = 0x90062;

const HEADER = 16;
const RECORD = 48;
const LOCAL_USN = 40;

/** The change number by which this server last took a value of the attribute; null when the bytes do not say. */
export function lastWritten(metadata: Buffer | undefined, attribute: number): number | null {
  if (metadata === undefined || metadata.length < HEADER || metadata.readUInt32LE(0) !== 1) return null;
  const end = Math.min(metadata.length - RECORD, HEADER + RECORD * (metadata.readUInt32LE(8) - 1));
  for (let at = HEADER; at <= end; at += RECORD) {
    if (metadata.readUInt32LE(at) === attribute) return Number(metadata.readBigUInt64LE(at + LOCAL_USN));
  }
  return null;
}
