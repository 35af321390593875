import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { BlobFiles } from "./blob-files.ts";
import { type BodySource, receiveBody } from "./body-intake.ts";
import type { Bucket } from "./bucket.ts";
import type { Checksum } from "./checksums.ts";
import { checkWriteCondition, type WriteCondition } from "./conditions.ts";
import type { EventName, ObjectEvent, ObjectEvents } from "./object-events.ts";
import type { ObjectIndex } from "./object-index.ts";
import { NULL_VERSION, type ObjectHeaders, type ObjectRecord } from "./object-record.ts";
import { S3Error } from "./s3-error.ts";

/** Who asks, for events. */
export interface Asker {
  requestId: string;
  principal: string;
}

export interface NewObject {
  key: string;
  headers: ObjectHeaders;
  tags: Record<string, string>;
  condition: WriteCondition | null;
}

export interface StoredBlob {
  blob: string;
  sizeOctets: number;
  etag: string;
  checksum: Checksum | null;
  partSizes: number[] | null;
}

const OPEN_ATTEMPTS = 5;

/** Objects and their versions: the commit of a write and of its event is one transaction of the index. */
export class ObjectStore {
  readonly index: ObjectIndex;
  readonly blobs: BlobFiles;
  readonly #events: ObjectEvents;
  readonly #now: () => number;

  constructor(index: ObjectIndex, blobs: BlobFiles, events: ObjectEvents, now: () => number) {
    this.index = index;
    this.blobs = blobs;
    this.#events = events;
    this.#now = now;
  }

  async put(bucket: Bucket, object: NewObject, source: BodySource, asker: Asker): Promise<ObjectRecord> {
    const received = await receiveBody(this.blobs, source, bucket.kmsKeyArn === null);
    const stored: StoredBlob = {
      blob: received.blob,
      sizeOctets: received.sizeOctets,
      etag: received.md5 && bucket.kmsKeyArn === null ? received.md5.toString("hex") : opaqueEtag(),
      checksum: received.checksum,
      partSizes: null,
    };
    return this.commit(bucket, object, stored, "ObjectCreated:Put", asker);
  }

  /** Makes the blob the object's latest version, or removes the blob again and throws when the condition does not hold. */
  async commit(bucket: Bucket, object: NewObject, stored: StoredBlob, name: EventName, asker: Asker, alsoInside?: () => string[]) {
    const record: ObjectRecord = {
      bucket: bucket.name,
      key: object.key,
      versionId: bucket.versioning === "enabled" ? newVersionId() : NULL_VERSION,
      deleteMarker: false,
      modifiedMs: this.#now(),
      headers: object.headers,
      tags: object.tags,
      kmsKeyArn: bucket.kmsKeyArn,
      ...stored,
    };
    const event = this.#eventOf(record, name, asker);
    let freed: string[];
    let eventId: number | null;
    try {
      ({ freed, eventId } = this.index.atomically(() => {
        checkWriteCondition(object.condition, this.index.latest(bucket.name, object.key), object.key);
        const freed = [...this.index.insert(record), ...(alsoInside?.() ?? [])];
        return { freed, eventId: this.#events.record(event) };
      }));
    } catch (error) {
      await this.blobs.remove([stored.blob]);
      throw error;
    }
    await this.blobs.remove(freed);
    await this.#events.announce(eventId, event);
    return record;
  }

  /** A GET that finds its blob replaced between lookup and open looks again. */
  async open(bucket: string, key: string, versionId: string | null): Promise<{ record: ObjectRecord; file: FileHandle }> {
    for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
      const record = this.find(bucket, key, versionId);
      const file = await this.blobs.open(record.blob!);
      if (file) return { record, file };
    }
    throw new S3Error("InternalError", "We encountered an internal error. Please try again.");
  }

  /** The version asked for, or the latest. Throws what S3 answers for missing ones and delete markers. */
  find(bucket: string, key: string, versionId: string | null): ObjectRecord {
    if (versionId !== null) {
      const version = this.index.version(bucket, key, versionId);
      if (!version) throw new S3Error("NoSuchVersion", "The specified version does not exist.", { Key: key, VersionId: versionId });
      if (version.deleteMarker) {
        throw new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.", {}, markerHeaders(version));
      }
      return version;
    }
    const latest = this.index.latest(bucket, key);
    if (!latest || latest.deleteMarker) {
      throw new S3Error("NoSuchKey", "The specified key does not exist.", { Key: key }, latest ? markerHeaders(latest) : {});
    }
    return latest;
  }

  async remove(bucket: Bucket, key: string, versionId: string | null, asker: Asker, condition: WriteCondition | null = null) {
    const plan = this.index.atomically(() => {
      checkWriteCondition(condition, this.index.latest(bucket.name, key), key);
      return versionId === null ? this.#removeLatest(bucket, key, asker) : this.#removeVersion(bucket, key, versionId, asker);
    });
    await this.blobs.remove(plan.freed);
    if (plan.event) await this.#events.announce(plan.eventId, plan.event);
    return { versionId: plan.versionId, deleteMarker: plan.deleteMarker };
  }

  #removeVersion(bucket: Bucket, key: string, versionId: string, asker: Asker) {
    const version = this.index.version(bucket.name, key, versionId);
    if (!version) return { freed: [], event: null, eventId: null, versionId, deleteMarker: false };
    const freed = this.index.removeVersion(bucket.name, key, versionId);
    const event = this.#eventOf(version, "ObjectRemoved:Delete", asker);
    return { freed, event, eventId: this.#events.record(event), versionId, deleteMarker: version.deleteMarker };
  }

  #removeLatest(bucket: Bucket, key: string, asker: Asker) {
    const latest = this.index.latest(bucket.name, key);
    if (bucket.versioning === "off") {
      if (!latest) return { freed: [], event: null, eventId: null, versionId: null, deleteMarker: false };
      const freed = this.index.removeVersion(bucket.name, key, NULL_VERSION);
      const event = this.#eventOf(latest, "ObjectRemoved:Delete", asker);
      return { freed, event, eventId: this.#events.record(event), versionId: null, deleteMarker: false };
    }
    const marker: ObjectRecord = {
      bucket: bucket.name,
      key,
      versionId: bucket.versioning === "enabled" ? newVersionId() : NULL_VERSION,
      deleteMarker: true,
      blob: null,
      sizeOctets: 0,
      etag: "",
      modifiedMs: this.#now(),
      headers: { contentType: "", user: {} },
      tags: {},
      checksum: null,
      kmsKeyArn: null,
      partSizes: null,
    };
    const freed = this.index.insert(marker);
    const event = this.#eventOf(marker, "ObjectRemoved:DeleteMarkerCreated", asker);
    return { freed, event, eventId: this.#events.record(event), versionId: marker.versionId, deleteMarker: true };
  }

  async setTags(bucket: string, key: string, versionId: string | null, tags: Record<string, string>, asker: Asker): Promise<ObjectRecord> {
    const { record, event, eventId } = this.index.atomically(() => {
      const record = this.find(bucket, key, versionId);
      this.index.updateTags(record, tags);
      const event = this.#eventOf(record, Object.keys(tags).length > 0 ? "ObjectTagging:Put" : "ObjectTagging:Delete", asker);
      return { record, event, eventId: this.#events.record(event) };
    });
    await this.#events.announce(eventId, event);
    return record;
  }

  #eventOf(record: ObjectRecord, name: EventName, asker: Asker): ObjectEvent {
    return {
      name,
      bucket: record.bucket,
      key: record.key,
      versionId: record.versionId === NULL_VERSION ? null : record.versionId,
      etag: record.etag,
      sizeOctets: record.sizeOctets,
      timeMs: this.#now(),
      ...asker,
    };
  }
}

/** Version ids and the ETags of KMS-encrypted objects tell nothing about the content. */
export const opaqueEtag = (): string => randomBytes(16).toString("hex");
const newVersionId = (): string => randomBytes(24).toString("base64url");

function markerHeaders(marker: ObjectRecord): Record<string, string> {
  return {
    "x-amz-delete-marker": "true",
    "x-amz-version-id": marker.versionId,
    "last-modified": new Date(marker.modifiedMs).toUTCString(),
  };
}
