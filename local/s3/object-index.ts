import { DatabaseSync } from "node:sqlite";
import { NULL_VERSION, type ObjectRecord, type PartRecord, type UploadRecord } from "./object-record.ts";

/**
 * What exists: objects, versions, uploads, parts, and the events not yet delivered. SQLite in WAL mode; a row is the commit point, so an object is
 * there whole or not at all. `synchronous=NORMAL` survives the death of the process; only a power cut may lose the last commits.
 * All methods are synchronous: what one method does, no other request can interrupt.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL, versionId TEXT NOT NULL, latest INTEGER NOT NULL,
    deleteMarker INTEGER NOT NULL, blob TEXT, sizeOctets INTEGER NOT NULL, etag TEXT NOT NULL, modifiedMs INTEGER NOT NULL, rest TEXT NOT NULL);
  CREATE UNIQUE INDEX IF NOT EXISTS latestByKey ON objects (bucket, key) WHERE latest = 1;
  CREATE INDEX IF NOT EXISTS versionsByKey ON objects (bucket, key, sequence DESC);
  CREATE TABLE IF NOT EXISTS uploads (uploadId TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, rest TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS parts (uploadId TEXT NOT NULL, partNumber INTEGER NOT NULL, blob TEXT NOT NULL, rest TEXT NOT NULL,
    PRIMARY KEY (uploadId, partNumber)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
`;

export interface PendingEvent {
  id: number;
  event: string;
}

interface ObjectRow {
  bucket: string;
  key: string;
  versionId: string;
  deleteMarker: number;
  blob: string | null;
  sizeOctets: number;
  etag: string;
  modifiedMs: number;
  rest: string;
}

const toRecord = (row: ObjectRow): ObjectRecord => ({
  bucket: row.bucket,
  key: row.key,
  versionId: row.versionId,
  deleteMarker: row.deleteMarker === 1,
  blob: row.blob,
  sizeOctets: row.sizeOctets,
  etag: row.etag,
  modifiedMs: row.modifiedMs,
  ...(JSON.parse(row.rest) as Pick<ObjectRecord, "headers" | "tags" | "checksum" | "kmsKeyArn" | "partSizes">),
});

const restOf = ({ headers, tags, checksum, kmsKeyArn, partSizes }: ObjectRecord): string =>
  JSON.stringify({ headers, tags, checksum, kmsKeyArn, partSizes });

export class ObjectIndex {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
    this.#db.exec(schema);
  }

  close(): void {
    this.#db.close();
  }

  #sql(source: string) {
    let statement = this.#statements.get(source);
    if (!statement) this.#statements.set(source, (statement = this.#db.prepare(source)));
    return statement;
  }

  /** Runs `work` in one transaction; what it throws undoes it. */
  atomically<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  latest(bucket: string, key: string): ObjectRecord | null {
    const row = this.#sql("SELECT * FROM objects WHERE bucket=? AND key=? AND latest=1").get(bucket, key) as ObjectRow | undefined;
    return row ? toRecord(row) : null;
  }

  version(bucket: string, key: string, versionId: string): ObjectRecord | null {
    const row = this.#sql("SELECT * FROM objects WHERE bucket=? AND key=? AND versionId=? ORDER BY sequence DESC").get(
      bucket,
      key,
      versionId,
    ) as ObjectRow | undefined;
    return row ? toRecord(row) : null;
  }

  /** Makes the record the latest version. Returns blobs that nothing refers to any more. */
  insert(record: ObjectRecord): string[] {
    const freed = record.versionId === NULL_VERSION ? this.removeVersion(record.bucket, record.key, NULL_VERSION) : [];
    this.#sql("UPDATE objects SET latest=0 WHERE bucket=? AND key=? AND latest=1").run(record.bucket, record.key);
    this.#sql(
      "INSERT INTO objects (bucket,key,versionId,latest,deleteMarker,blob,sizeOctets,etag,modifiedMs,rest) VALUES (?,?,?,1,?,?,?,?,?,?)",
    ).run(
      record.bucket,
      record.key,
      record.versionId,
      record.deleteMarker ? 1 : 0,
      record.blob,
      record.sizeOctets,
      record.etag,
      record.modifiedMs,
      restOf(record),
    );
    return freed;
  }

  /** Removes one version for good; the newest remaining one becomes the latest. Returns freed blobs. */
  removeVersion(bucket: string, key: string, versionId: string): string[] {
    const rows = this.#sql("DELETE FROM objects WHERE bucket=? AND key=? AND versionId=? RETURNING blob, latest").all(
      bucket,
      key,
      versionId,
    ) as {
      blob: string | null;
      latest: number;
    }[];
    if (rows.some((row) => row.latest === 1)) {
      this.#sql("UPDATE objects SET latest=1 WHERE sequence=(SELECT max(sequence) FROM objects WHERE bucket=? AND key=?)").run(bucket, key);
    }
    return rows.flatMap((row) => (row.blob === null ? [] : [row.blob]));
  }

  updateTags(record: ObjectRecord, tags: Record<string, string>): void {
    this.#sql("UPDATE objects SET rest=? WHERE bucket=? AND key=? AND versionId=?").run(
      restOf({ ...record, tags }),
      record.bucket,
      record.key,
      record.versionId,
    );
  }

  /** Latest versions that are not delete markers, in UTF-8 order of the key, with key > after and key >= from. */
  list(bucket: string, from: string, after: string, limit: number): ObjectRecord[] {
    const rows = this.#sql(
      "SELECT * FROM objects WHERE bucket=? AND latest=1 AND deleteMarker=0 AND key>=? AND key>? ORDER BY key LIMIT ?",
    ).all(bucket, from, after, limit) as unknown as ObjectRow[];
    return rows.map(toRecord);
  }

  /** Every version with the prefix, newest first within a key. */
  listVersions(bucket: string, prefix: string, after: string, limit: number): (ObjectRecord & { latest: boolean })[] {
    const rows = this.#sql("SELECT * FROM objects WHERE bucket=? AND key>=? AND key>? ORDER BY key, sequence DESC LIMIT ?").all(
      bucket,
      prefix,
      after,
      limit,
    ) as unknown as (ObjectRow & { latest: number })[];
    return rows.map((row) => ({ ...toRecord(row), latest: row.latest === 1 }));
  }

  insertUpload(upload: UploadRecord): void {
    this.#sql("INSERT INTO uploads VALUES (?,?,?,?)").run(upload.uploadId, upload.bucket, upload.key, JSON.stringify(upload));
  }

  upload(bucket: string, key: string, uploadId: string): UploadRecord | null {
    const row = this.#sql("SELECT rest FROM uploads WHERE uploadId=? AND bucket=? AND key=?").get(uploadId, bucket, key);
    return row ? (JSON.parse(row.rest as string) as UploadRecord) : null;
  }

  uploads(bucket: string, prefix: string): UploadRecord[] {
    const rows = this.#sql("SELECT rest FROM uploads WHERE bucket=? AND key>=? ORDER BY key, uploadId LIMIT 1000").all(bucket, prefix);
    return rows.map((row) => JSON.parse(row.rest as string) as UploadRecord).filter((upload) => upload.key.startsWith(prefix));
  }

  /** Replaces a part of the same number; returns the freed blob. */
  putPart(part: PartRecord): string[] {
    const old = this.#sql("SELECT blob FROM parts WHERE uploadId=? AND partNumber=?").all(part.uploadId, part.partNumber);
    this.#sql("INSERT OR REPLACE INTO parts VALUES (?,?,?,?)").run(part.uploadId, part.partNumber, part.blob, JSON.stringify(part));
    return old.map((row) => row.blob as string);
  }

  parts(uploadId: string): PartRecord[] {
    const rows = this.#sql("SELECT rest FROM parts WHERE uploadId=? ORDER BY partNumber").all(uploadId);
    return rows.map((row) => JSON.parse(row.rest as string) as PartRecord);
  }

  removeUpload(uploadId: string): string[] {
    this.#sql("DELETE FROM uploads WHERE uploadId=?").run(uploadId);
    return this.#sql("DELETE FROM parts WHERE uploadId=? RETURNING blob")
      .all(uploadId)
      .map((row) => row.blob as string);
  }

  addEvent(event: string): number {
    return Number(this.#sql("INSERT INTO events (event) VALUES (?)").run(event).lastInsertRowid);
  }

  pendingEvents(limit: number): PendingEvent[] {
    return this.#sql("SELECT id, event FROM events ORDER BY id LIMIT ?").all(limit) as unknown as PendingEvent[];
  }

  removeEvent(id: number): void {
    this.#sql("DELETE FROM events WHERE id=?").run(id);
  }

  /** Every blob that a row refers to: for the sweep at the start. */
  referencedBlobs(): Set<string> {
    const rows = this.#db.prepare("SELECT blob FROM objects WHERE blob IS NOT NULL UNION ALL SELECT blob FROM parts").all();
    return new Set(rows.map((row) => row.blob as string));
  }
}
