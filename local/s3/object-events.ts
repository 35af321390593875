import type { Ports } from "../ports.ts";
import type { ServiceContext, ServicePrincipal } from "../service.ts";
import { type Bucket, bucketArn, type NotificationTarget } from "./bucket.ts";
import type { ObjectIndex } from "./object-index.ts";

/** S3 User Guide, "Event notification types and destinations". */
export type EventName =
  | "ObjectCreated:Put"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete"
  | "ObjectRemoved:DeleteMarkerCreated"
  | "ObjectTagging:Put"
  | "ObjectTagging:Delete";

export interface ObjectEvent {
  name: EventName;
  bucket: string;
  key: string;
  versionId: string | null;
  etag: string;
  sizeOctets: number;
  timeMs: number;
  requestId: string;
  principal: string;
}

export type CreatedListener = Parameters<Ports["objects"]["onCreated"]>[0];

const DELIVERY_ATTEMPTS = 5;
const RETRY_BASE_MS = 200;
const REDELIVER_PAGE = 1_000;

/**
 * Delivery at least once: the event is a row of the same transaction as the object, and goes when every destination has it.
 * What was not delivered when the process died is delivered at the next start.
 */
export class ObjectEvents {
  readonly #index: ObjectIndex;
  readonly #context: ServiceContext;
  readonly #bucketOf: (name: string) => Bucket | undefined;
  readonly #listeners: CreatedListener[] = [];
  readonly #underWay = new Set<Promise<void>>();

  constructor(index: ObjectIndex, context: ServiceContext, bucketOf: (name: string) => Bucket | undefined) {
    this.#index = index;
    this.#context = context;
    this.#bucketOf = bucketOf;
  }

  onCreated(listener: CreatedListener): void {
    this.#listeners.push(listener);
  }

  /** Inside the object's transaction. Null when nobody would hear of it. */
  record(event: ObjectEvent): number | null {
    const bucket = this.#bucketOf(event.bucket);
    if (!bucket) return null;
    const heard = this.#listenersOf(event).length > 0 || bucket.eventBridge || targetsOf(bucket, event).length > 0;
    return heard ? this.#index.addEvent(JSON.stringify(event)) : null;
  }

  /** After the commit: listeners have run when this resolves, other destinations follow in the background. */
  async announce(id: number | null, event: ObjectEvent): Promise<void> {
    if (id === null) return;
    for (const listener of this.#listenersOf(event)) {
      await listener({ ...event }).catch((error: unknown) => {
        this.#context.log.error("A listener of new objects failed", { bucket: event.bucket, error: String(error) });
      });
    }
    const work = this.#deliver(id, event).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** At the start: what the last run could not deliver. */
  async redeliver(): Promise<void> {
    for (const { id, event } of this.#index.pendingEvents(REDELIVER_PAGE)) await this.announce(id, JSON.parse(event) as ObjectEvent);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #listenersOf(event: ObjectEvent): readonly CreatedListener[] {
    return event.name.startsWith("ObjectCreated:") ? this.#listeners : [];
  }

  async #deliver(id: number, event: ObjectEvent): Promise<void> {
    const bucket = this.#bucketOf(event.bucket);
    let failed = false;
    if (bucket) {
      for (const target of targetsOf(bucket, event)) failed = !(await this.#tryTo(() => this.#notify(target, event), event)) || failed;
      if (bucket.eventBridge) failed = !(await this.#tryTo(() => this.#putEvent(event), event)) || failed;
    }
    if (!failed) this.#index.removeEvent(id);
  }

  async #tryTo(send: () => Promise<unknown>, event: ObjectEvent): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await send();
        if (this.#context.faults.duplicateEvents) await send();
        return true;
      } catch (error) {
        if (attempt === DELIVERY_ATTEMPTS) {
          this.#context.log.error("An S3 event could not be delivered; it is tried again at the next start", {
            bucket: event.bucket,
            event: event.name,
            error: String(error),
          });
          return false;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_BASE_MS * 2 ** attempt));
      }
    }
  }

  async #notify(target: NotificationTarget, event: ObjectEvent): Promise<void> {
    const body = JSON.stringify({ Records: [this.#notificationRecord(target.id, event)] });
    const caller: ServicePrincipal = { service: "s3.amazonaws.com", sourceArn: bucketArn(event.bucket) };
    switch (target.kind) {
      case "topic":
        await this.#context.port("topics").publish(target.arn, { body, subject: "Amazon S3 Notification" }, caller);
        return;
      case "queue":
        await this.#context.port("queues").send(target.arn, { body }, caller);
        return;
      case "function":
        await this.#context.port("functions").invokeLater(target.arn, body, caller);
    }
  }

  #notificationRecord(configurationId: string, event: ObjectEvent): object {
    const { accountId, region } = this.#context;
    return {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: region,
      eventTime: new Date(event.timeMs).toISOString(),
      eventName: event.name,
      userIdentity: { principalId: `AWS:${event.principal}` },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { "x-amz-request-id": event.requestId, "x-amz-id-2": event.requestId },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId,
        bucket: { name: event.bucket, ownerIdentity: { principalId: accountId }, arn: bucketArn(event.bucket) },
        object: {
          key: encodeURIComponent(event.key).replaceAll("%20", "+").replaceAll("%2F", "/"),
          ...(event.name.startsWith("ObjectCreated:") ? { size: event.sizeOctets, eTag: event.etag } : {}),
          ...(event.versionId ? { versionId: event.versionId } : {}),
          sequencer: sequencerOf(event),
        },
      },
    };
  }

  async #putEvent(event: ObjectEvent): Promise<void> {
    const [group, reason] = event.name.split(":") as [string, string];
    const created = group === "ObjectCreated";
    const detailType = created ? "Object Created" : group === "ObjectRemoved" ? "Object Deleted" : tagDetailType(reason);
    const reasons: Record<string, string> = { Put: "PutObject", Copy: "CopyObject", CompleteMultipartUpload: "CompleteMultipartUpload" };
    await this.#context.port("events").put({
      source: "aws.s3",
      detailType,
      resources: [bucketArn(event.bucket)],
      time: event.timeMs,
      detail: {
        version: "0",
        bucket: { name: event.bucket },
        object: {
          key: event.key,
          ...(created ? { size: event.sizeOctets } : {}),
          etag: event.etag,
          ...(event.versionId ? { "version-id": event.versionId } : {}),
          sequencer: sequencerOf(event),
        },
        "request-id": event.requestId,
        requester: event.principal,
        ...(created ? { "source-ip-address": "127.0.0.1", reason: reasons[reason] } : {}),
        ...(group === "ObjectRemoved"
          ? { reason: "DeleteObject", "deletion-type": reason === "Delete" ? "Permanently Deleted" : "Delete Marker Created" }
          : {}),
      },
    });
  }
}

const tagDetailType = (reason: string): string => (reason === "Put" ? "Object Tags Added" : "Object Tags Deleted");
const sequencerOf = (event: ObjectEvent): string => event.timeMs.toString(16).toUpperCase().padStart(18, "0");

function targetsOf(bucket: Bucket, event: ObjectEvent): NotificationTarget[] {
  return bucket.notifications.filter(
    (target) =>
      event.key.startsWith(target.prefix) &&
      event.key.endsWith(target.suffix) &&
      target.events.some(
        (pattern) => pattern === `s3:${event.name}` || (pattern.endsWith("*") && `s3:${event.name}`.startsWith(pattern.slice(0, -1))),
      ),
  );
}
