// Holds the members of very large groups in sixteen bytes each until somebody needs their text.
import { guidReference, guidText } from './identifiers.ts';

const BYTES = 16;

export class GuidList {
  private bytes = Buffer.alloc(64 * BYTES);
  private used = 0;

  add(guid: Buffer): void {
    if (guid.length !== BYTES) throw new Error('a GUID has sixteen bytes');
    if (this.used === this.bytes.length) {
      const larger = Buffer.alloc(this.bytes.length * 2);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    guid.copy(this.bytes, this.used);
    this.used += BYTES;
  }

  get length(): number {
    return this.used / BYTES;
  }

  /** All of them in one piece, for a digest. */
  content(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  /** As members are named. */
  references(): string[] {
    return Array.from({ length: this.length }, (_, index) =>
      guidReference(guidText(this.bytes.subarray(index * BYTES, (index + 1) * BYTES)) as string),
    );
  }
}
