/**
 * Octets in S3, by key. `mail/` keys hold raw messages and uploads, `state/` keys hold snapshots and index segments.
 * A key is never handed to a client; an account reaches one only through an item it holds.
 */
export interface BlobStore {
  /** Whole object or, with `range`, `length` octets from `offset`. Null when there is no such object. */
  get(key: string, range?: { offset: number; length: number }): Promise<Uint8Array | null>;
  /** Stores octets; the same key written again with the same octets is harmless. */
  put(key: string, octets: Uint8Array, options?: { contentType?: string }): Promise<void>;
  /** Removes; absent is fine. */
  delete(key: string): Promise<void>;
  /** A URL that anyone can GET for `seconds`, answering with this type and Content-Disposition. */
  presignGet(key: string, options: { seconds: number; contentType: string; disposition: string }): Promise<string>;
  /** Anti-virus verdict of the object as tagged by the managed scanner; `pending` until it has looked. */
  malwareVerdict(key: string): Promise<MalwareVerdict>;
}

export type MalwareVerdict =
  | { status: "pending" }
  | { status: "clean" }
  | { status: "infected"; name: string }
  /** The scanner could not look (encrypted archive, too large, failed). */
  | { status: "unscannable"; reason: string };
