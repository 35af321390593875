import type { Caller, MessageAttributes } from "../ports.ts";
import {
  type CreatedResource,
  type IamCheck,
  type PolicyDocument,
  type ResourceProvider,
  ServiceError,
  type ServicePrincipal,
  type TemplateResource,
  UnknownInTemplate,
} from "../service.ts";
import type { WireAttributes } from "./attributes-digest.ts";
import { MessageStore, type StoredMessage } from "./store.ts";

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilitySeconds: number;
  readonly delaySeconds: number;
  readonly waitSeconds: number;
  readonly retentionSeconds: number;
  readonly maximumOctets: number;
  /** Customer key, if the queue has one. */
  readonly keyArn: string | null;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceives: number } | null;
  policy: PolicyDocument | null;
}

export interface Waiter {
  readonly wake: () => void;
}

const retentionSweepMilliseconds = 60_000;
const inert = (reason: string) => ({ inert: reason });

/** The queues of the template over the store: sending, receiving with long poll, redrive. */
export class Queues {
  readonly #place: { region: string; accountId: string; gatewayUrl: string };
  readonly #clock: { now(): number };
  readonly #store: MessageStore;
  readonly #byArn = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #dueTimers = new Map<string, NodeJS.Timeout>();
  readonly #sweep: NodeJS.Timeout;
  #closed = false;

  constructor(file: string, place: { region: string; accountId: string; gatewayUrl: string }, clock: { now(): number }) {
    this.#place = place;
    this.#clock = clock;
    this.#store = new MessageStore(file);
    this.#store.releaseHeld(clock.now());
    this.#sweep = setInterval(() => this.#dropOld(), retentionSweepMilliseconds);
    this.#sweep.unref();
  }

  byArn(arn: string): Queue | undefined {
    return this.#byArn.get(arn);
  }

  byName(name: string): Queue | undefined {
    return this.#byName.get(name);
  }

  all(): readonly Queue[] {
    return [...this.#byArn.values()];
  }

  add(queue: Queue, messages: readonly { body: string; attributes: string; sender: string; delaySeconds?: number }[]): string[] {
    const stored = messages.map(({ delaySeconds, ...message }) => ({
      ...message,
      delayMilliseconds: (delaySeconds ?? queue.delaySeconds) * 1000,
    }));
    const ids = this.#store.add(queue.arn, stored, this.#clock.now());
    this.#wake(queue.arn);
    return ids;
  }

  /** Messages that are due, waiting up to `waitSeconds` for the first; `signal` ends the wait. */
  async receive(
    queue: Queue,
    options: { limit: number; visibilitySeconds: number; waitSeconds: number; signal?: AbortSignal; holder?: "mapping" },
  ): Promise<StoredMessage[]> {
    const deadline = this.#clock.now() + options.waitSeconds * 1000;
    for (;;) {
      const taken = this.#take(queue, options);
      const left = deadline - this.#clock.now();
      if (taken.length > 0 || left <= 0 || this.#closed || options.signal?.aborted) return taken;
      await this.#changed(queue.arn, left, options.signal);
      if (this.#closed || options.signal?.aborted) return [];
    }
  }

  remove(queue: Queue, receiptHandle: string): boolean {
    return this.#store.remove(queue.arn, receiptHandle);
  }

  removeAll(queue: Queue, receiptHandles: readonly string[]): void {
    this.#store.removeAll(queue.arn, receiptHandles);
  }

  hide(queue: Queue, receiptHandle: string, seconds: number): "changed" | "notInFlight" | "noHandle" {
    const outcome = this.#store.hide(queue.arn, receiptHandle, seconds * 1000, this.#clock.now());
    if (outcome === "changed") this.#wake(queue.arn);
    return outcome;
  }

  counts(queue: Queue): { visible: number; inFlight: number; delayed: number } {
    return this.#store.counts(queue.arn, this.#clock.now());
  }

  purge(queue: Queue): void {
    this.#store.purge(queue.arn);
  }

  redrive(deadLetterQueue: Queue, destinationArn: string | null): number {
    const moved = this.#store.redrive(deadLetterQueue.arn, destinationArn, this.#clock.now());
    for (const arn of this.#byArn.keys()) this.#wake(arn);
    return moved;
  }

  /** Sends as an AWS service acting for a resource: the queue's policy (and its key's) must admit it. */
  sendAs(
    queueArn: string,
    message: { body: string; attributes?: MessageAttributes; delaySeconds?: number },
    caller: Caller,
    allows: (principal: ServicePrincipal, check: IamCheck) => boolean,
  ): { messageId: string } {
    const queue = this.#byArn.get(queueArn);
    if (!queue) throw new ServiceError(400, "QueueDoesNotExist", `There is no queue ${queueArn}`);
    const checks: IamCheck[] = [{ action: "sqs:SendMessage", resource: queueArn, resourcePolicy: queue.policy }];
    if (queue.keyArn)
      checks.push({ action: "kms:GenerateDataKey", resource: queue.keyArn }, { action: "kms:Decrypt", resource: queue.keyArn });
    for (const check of checks) {
      if (caller === null || allows(caller, check)) continue;
      throw new ServiceError(403, "AccessDenied", `${caller.service} for ${caller.sourceArn} may not ${check.action} on ${check.resource}`);
    }
    const attributes = message.attributes ? JSON.stringify(wireAttributes(message.attributes)) : "";
    const [messageId] = this.add(queue, [
      { body: message.body, attributes, sender: caller?.service ?? "laptop", delaySeconds: message.delaySeconds },
    ]);
    return { messageId: messageId! };
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const timer of this.#dueTimers.values()) clearTimeout(timer);
    for (const arn of this.#waiters.keys()) this.#wake(arn);
    this.#store.close();
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::SQS::Queue": {
      properties: {
        QueueName: "used",
        VisibilityTimeout: "used",
        DelaySeconds: "used",
        ReceiveMessageWaitTimeSeconds: "used",
        MessageRetentionPeriod: "used",
        MaximumMessageSize: "used",
        RedrivePolicy: "used",
        KmsMasterKeyId: "used",
        RedriveAllowPolicy: "used",
        KmsDataKeyReusePeriodSeconds: inert("nothing is encrypted on a laptop"),
        SqsManagedSseEnabled: inert("nothing is encrypted on a laptop"),
        Tags: inert("describes"),
      },
      create: async (resource) => this.#create(resource),
    },
    "AWS::SQS::QueuePolicy": {
      properties: { PolicyDocument: "used", Queues: "used" },
      create: async (resource) => {
        for (const url of resource.properties.Queues as string[]) {
          const queue = this.#byName.get(url.split("/").at(-1)!);
          if (!queue) throw new UnknownInTemplate(resource, `it names the queue ${url}, which the template does not make`);
          queue.policy = resource.properties.PolicyDocument as PolicyDocument;
        }
        return { ref: resource.physicalName(), attributes: { Id: resource.physicalName() } };
      },
    },
  };

  #create(resource: TemplateResource): CreatedResource {
    const { properties } = resource;
    const name = String(properties.QueueName ?? resource.physicalName({ maxLength: 80 }));
    if (name.endsWith(".fifo")) throw new UnknownInTemplate(resource, "FIFO queues are not known to the laptop cloud");
    const arn = `arn:aws:sqs:${this.#place.region}:${this.#place.accountId}:${name}`;
    const redrive = properties.RedrivePolicy as { deadLetterTargetArn: string; maxReceiveCount: number | string } | undefined;
    const seconds = (property: string, otherwise: number) =>
      properties[property] === undefined ? otherwise : Number(properties[property]);
    const key = String(properties.KmsMasterKeyId ?? "");
    const queue: Queue = {
      name,
      arn,
      url: `${this.#place.gatewayUrl}/${this.#place.accountId}/${name}`,
      visibilitySeconds: seconds("VisibilityTimeout", 30),
      delaySeconds: seconds("DelaySeconds", 0),
      waitSeconds: seconds("ReceiveMessageWaitTimeSeconds", 0),
      retentionSeconds: seconds("MessageRetentionPeriod", 345_600),
      maximumOctets: seconds("MaximumMessageSize", 1_048_576),
      keyArn: key.startsWith("arn:") ? key : null,
      redrive: redrive ? { deadLetterArn: redrive.deadLetterTargetArn, maxReceives: Number(redrive.maxReceiveCount) } : null,
      policy: null,
    };
    this.#byArn.set(arn, queue);
    this.#byName.set(name, queue);
    return { ref: queue.url, attributes: { Arn: arn, QueueName: name, QueueUrl: queue.url } };
  }

  #take(queue: Queue, options: { limit: number; visibilitySeconds: number; holder?: "mapping" }): StoredMessage[] {
    const redrive = queue.redrive ? { queue: queue.redrive.deadLetterArn, maxReceives: queue.redrive.maxReceives } : null;
    const { taken, moved } = this.#store.receive(queue.arn, {
      limit: options.limit,
      hideMilliseconds: options.visibilitySeconds * 1000,
      now: this.#clock.now(),
      redrive,
      holder: options.holder ?? "caller",
    });
    if (moved > 0) this.#wake(queue.redrive!.deadLetterArn);
    return taken;
  }

  /** Resolves at a new message, at a hidden one coming due, at the end of `milliseconds`, or when `signal` aborts. */
  #changed(arn: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(arn) ?? new Set<Waiter>();
      this.#waiters.set(arn, waiters);
      const finish = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const waiter: Waiter = { wake: finish };
      const timer = setTimeout(finish, milliseconds);
      signal?.addEventListener("abort", finish, { once: true });
      waiters.add(waiter);
      this.#wakeWhenDue(arn);
    });
  }

  #wakeWhenDue(arn: string): void {
    const now = this.#clock.now();
    const due = this.#store.nextDue(arn, now);
    clearTimeout(this.#dueTimers.get(arn));
    if (due === null) return;
    const timer = setTimeout(() => this.#wake(arn), Math.min(due - now + 1, 2 ** 31 - 1));
    timer.unref();
    this.#dueTimers.set(arn, timer);
  }

  #wake(arn: string): void {
    for (const waiter of [...(this.#waiters.get(arn) ?? [])]) waiter.wake();
  }

  #dropOld(): void {
    for (const queue of this.#byArn.values()) this.#store.dropOlderThan(queue.arn, this.#clock.now() - queue.retentionSeconds * 1000);
  }
}

/** Attributes of the port as the JSON protocol carries them. */
function wireAttributes(attributes: MessageAttributes): WireAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      Buffer.isBuffer(value) ? { DataType: type, BinaryValue: value.toString("base64") } : { DataType: type, StringValue: value as string },
    ]),
  );
}
