/** What inspection collects. Each code and mark once. */
import { limits } from "../../limits.ts";
import type { AttachmentCode, AttachmentMark } from "../evidence.ts";

export class Findings {
  readonly codes = new Set<AttachmentCode>();
  readonly marks = new Set<AttachmentMark>();
  /** Of all archives of the message together. */
  private entriesLeft: number = limits.scan.archiveEntries;
  private octetsLeft: number = limits.scan.archiveOctets;

  code(code: AttachmentCode): void {
    this.codes.add(code);
  }

  mark(mark: AttachmentMark): void {
    this.marks.add(mark);
  }

  /** Takes from what may still be listed; false, and a bomb, when nothing is left. */
  spendEntries(entries: number): boolean {
    this.entriesLeft -= entries;
    if (this.entriesLeft < 0) this.code("archiveBomb");
    return this.entriesLeft >= 0;
  }

  /** Takes from the octets that may still be unpacked or be stated as unpacked size. */
  spendOctets(octets: number): boolean {
    this.octetsLeft -= octets;
    if (this.octetsLeft < 0) this.code("archiveBomb");
    return this.octetsLeft >= 0;
  }
}
