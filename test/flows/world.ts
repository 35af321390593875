/**
 * The whole pipeline in memory: real flows on in-memory ports, queues that deliver at least once and in any order, and processes that
 * die at a chosen port call.
 */
import { arrivalOfSubmission } from "../../core/flows/arrival.ts";
import { takeFeedback } from "../../core/flows/feedback.ts";
import { file } from "../../core/flows/file.ts";
import type {
  FileJob,
  IndexJob,
  PushJob,
  RefusedJob,
  RelayJob,
  ScanJob,
  ShareJob,
  SnapshotJob,
  SubmitJob,
  SubmittedReceipt,
  TellJob,
  UndeliveredJob,
} from "../../core/flows/jobs.ts";
import { notify } from "../../core/flows/notify.ts";
import { receive } from "../../core/flows/receive.ts";
import { scan } from "../../core/flows/scan.ts";
import type { SesEvent } from "../../core/flows/ses-event.ts";
import { arrivalOfNotification, type SesNotification } from "../../core/flows/ses-notification.ts";
import { share } from "../../core/flows/share.ts";
import { Slots } from "../../core/flows/slots.ts";
import { submit } from "../../core/flows/submit.ts";
import { type TellPorts, tellReaders } from "../../core/flows/tell-readers.ts";
import { Turns } from "../../core/flows/turns.ts";
import type { AccountId, EntryId, MailboxId } from "../../core/ids.ts";
import { StoredAccountLog } from "../../core/log/account-log.ts";
import { standardMailboxes } from "../../core/mail/standard-mailboxes.ts";
import type { DirectoryEntry } from "../../core/ports/directory-store.ts";
import { type FaultPlan, faulty, noFaults } from "../support/faults.ts";
import { MemoryAccountLogStore } from "../support/memory-account-log-store.ts";
import { MemoryBlobStore } from "../support/memory-blob-store.ts";
import { MemoryConnectionStore, MemoryHoldStore } from "../support/memory-connection-store.ts";
import { MemoryDirectoryStore } from "../support/memory-directory-store.ts";
import { MemoryPushSubscriptionStore } from "../support/memory-push-subscription-store.ts";
import { MemoryQueue } from "../support/memory-queue.ts";
import { MemoryRuleMemory } from "../support/memory-rule-memory.ts";
import { MemoryTraceStores } from "../support/memory-trace-stores.ts";
import { MemoryTransport, rawMessage } from "../support/memory-transport.ts";

type ParseWork = SesNotification | SubmittedReceipt;
type FeedbackWork = UndeliveredJob | RefusedJob | SesEvent;

/** A queue's visibility timeout. */
const RECEIVED_AGAIN_MILLISECONDS = 6 * 60_000;

export class World {
  readonly store = new MemoryAccountLogStore();
  readonly blobs = new MemoryBlobStore();
  readonly traces = new MemoryTraceStores();
  readonly directory = new MemoryDirectoryStore();
  readonly transport = new MemoryTransport();
  readonly memory = new MemoryRuleMemory();
  readonly holds = new MemoryHoldStore();
  readonly connections = new MemoryConnectionStore();
  readonly subscriptions = new MemoryPushSubscriptionStore();
  readonly posts: { connectionId: string; payload: string }[] = [];
  readonly parseQueue = new MemoryQueue<ParseWork>();
  readonly scanQueue = new MemoryQueue<ScanJob>();
  readonly fileQueue = new MemoryQueue<FileJob>();
  readonly feedbackQueue = new MemoryQueue<FeedbackWork>();
  readonly submitQueue = new MemoryQueue<SubmitJob | RelayJob>();
  readonly snapshotQueue = new MemoryQueue<SnapshotJob>();
  readonly indexQueue = new MemoryQueue<IndexJob>();
  readonly pushQueue = new MemoryQueue<PushJob>();
  readonly shareQueue = new MemoryQueue<ShareJob | TellJob>();
  readonly faults: FaultPlan = noFaults();
  readonly ownDomains = ["care.example"];
  unknownRecipient: "drop" | "bounce" = "bounce";
  clock = 1_795_000_000_000;
  /** A log without a cache, as each process has its own: faults reach it through the store. */
  readonly now = () => ++this.clock;

  constructor() {
    this.blobs.malwareVerdict = async (key) => this.blobs.verdicts.get(key) ?? { status: "clean" };
  }

  newLog(): StoredAccountLog {
    return new StoredAccountLog({ store: this.wrap(this.store), blobs: this.wrap(this.blobs), epoch: 1, now: this.now });
  }

  async addPerson(name: string, options: { quotaOctets?: number; aliases?: string[] } = {}): Promise<AccountId> {
    const accountId = `A${name}` as AccountId;
    const entry: DirectoryEntry = {
      entryId: `n${name}` as EntryId,
      kind: "person",
      displayName: name,
      mail: `${name}@care.example`,
      accountId,
      subject: `sub-${name}`,
      status: "active",
    };
    await this.directory.putEntry(entry, { aliases: options.aliases });
    const log = new StoredAccountLog({ store: this.store, blobs: this.blobs, epoch: 1, now: this.now });
    const created = standardMailboxes as Record<MailboxId, object>;
    await log.create(accountId, {
      actor: "system:test",
      quotaOctets: options.quotaOctets ?? 1e9,
      records: [{ type: "Mailbox", created }],
    });
    return accountId;
  }

  async addList(name: string, members: string[]): Promise<void> {
    const entry: DirectoryEntry = {
      entryId: `n${name}` as EntryId,
      kind: "list",
      displayName: name,
      mail: `${name}@care.example`,
      status: "active",
    };
    await this.directory.putEntry(entry, { members });
  }

  /** Accepts a message as SES does: octets into the bucket, then the announcement. */
  accept(id: string, recipients: string[], options: { from?: string; text?: string; source?: string; spf?: string } = {}): SesNotification {
    const from = options.from ?? "ann@outside.example";
    this.blobs.objects.set(`inbound/${id}`, rawMessage(id, from, options.text ?? "The round is at nine."));
    const notification: SesNotification = {
      notificationType: "Received",
      mail: { messageId: id, source: options.source ?? from },
      receipt: {
        timestamp: "2026-11-22T17:00:00.000Z",
        recipients,
        spamVerdict: { status: "PASS" },
        virusVerdict: { status: "PASS" },
        spfVerdict: { status: options.spf ?? "PASS" },
        dkimVerdict: { status: "PASS" },
        dmarcVerdict: { status: "PASS" },
        action: { type: "S3", objectKey: `inbound/${id}` },
      },
    };
    this.parseQueue.jobs.push(notification);
    return notification;
  }

  async parse(work: ParseWork): Promise<void> {
    const arrival = "kind" in work ? arrivalOfSubmission(work) : arrivalOfNotification(work);
    const { ownDomains, now } = this;
    await receive(
      {
        blobs: this.wrap(this.blobs),
        directory: this.wrap(this.directory),
        receipts: this.wrap(this.traces),
        scanQueue: this.wrap(this.scanQueue),
        slots: new Slots(4),
        ownDomains,
        now,
      },
      arrival,
    );
  }

  async scan(job: ScanJob): Promise<void> {
    const { ownDomains, now } = this;
    const traces = this.wrap(this.traces);
    const queues = {
      scanQueue: this.wrap(this.scanQueue),
      fileQueue: this.wrap(this.fileQueue),
      feedbackQueue: this.wrap(this.feedbackQueue),
    };
    await scan({ blobs: this.wrap(this.blobs), receipts: traces, traces, ...queues, ownDomains, now }, job);
  }

  async file(job: FileJob): Promise<void> {
    const traces = this.wrap(this.traces);
    const { now, ownDomains } = this;
    const store = this.wrap(this.store);
    const rules = {
      log: this.newLog(),
      store,
      blobs: this.wrap(this.blobs),
      memory: this.wrap(this.memory),
      submitQueue: this.wrap(this.submitQueue),
      slots: new Slots(2),
      ownDomains,
      now,
    };
    const delivery = { store, epoch: 1, now };
    await file({ delivery, receipts: traces, traces, feedbackQueue: this.wrap(this.feedbackQueue), turns: new Turns(), rules, now }, job);
  }

  async feedback(work: FeedbackWork): Promise<void> {
    const { ownDomains, now, unknownRecipient } = this;
    const traces = this.wrap(this.traces);
    await takeFeedback(
      {
        log: this.newLog(),
        store: this.wrap(this.store),
        blobs: this.wrap(this.blobs),
        receipts: traces,
        traces,
        dispatches: traces,
        transport: this.wrap(this.transport),
        parseQueue: this.wrap(this.parseQueue),
        ownDomains,
        unknownRecipient,
        now,
      },
      work,
    );
  }

  async submit(job: SubmitJob | RelayJob): Promise<void> {
    const { ownDomains, now } = this;
    const traces = this.wrap(this.traces);
    await submit(
      {
        log: this.newLog(),
        store: this.wrap(this.store),
        blobs: this.wrap(this.blobs),
        dispatches: traces,
        holds: this.wrap(this.holds),
        transport: this.wrap(this.transport),
        traces,
        parseQueue: this.wrap(this.parseQueue),
        submitQueue: this.wrap(this.submitQueue),
        feedbackQueue: this.wrap(this.feedbackQueue),
        ownDomains,
        now,
      },
      job,
    );
  }

  async share(job: ShareJob | TellJob): Promise<void> {
    const stores = { store: this.wrap(this.store), directory: this.wrap(this.directory), connections: this.wrap(this.connections) };
    const ports = { ...stores, log: this.newLog(), subscriptions: this.wrap(this.subscriptions), ...this.pushing };
    await ("entry" in job ? share(ports, job) : tellReaders(ports, job));
  }

  private get pushing(): Omit<TellPorts, "connections"> {
    return {
      push: {
        post: async (connectionId, payload) => {
          this.posts.push({ connectionId, payload });
          return "posted";
        },
      },
      pushQueue: this.pushQueue,
      now: this.now,
      pushFailed: (error) => {
        throw error;
      },
    };
  }

  /** What the stream would bring: entries of an account after a sequence. */
  async notify(accountId: AccountId, afterSeq: number): Promise<number> {
    const entries = await this.store.entriesAfter(accountId, { epoch: 1, seq: afterSeq });
    await notify(
      {
        ...this.pushing,
        connections: this.connections,
        submitQueue: this.submitQueue,
        snapshotQueue: this.snapshotQueue,
        indexQueue: this.indexQueue,
        shareQueue: this.shareQueue,
      },
      entries,
    );
    return entries.at(-1)?.seq ?? afterSeq;
  }

  /**
   * Works until every queue is empty. `pick` chooses the next job among all that wait; a job that dies is there again when its queue has
   * waited long enough, one that is done is delivered again when `again` says so.
   */
  async run(options: { pick?: (count: number) => number; again?: () => boolean } = {}): Promise<void> {
    const stages = [
      { queue: this.parseQueue, work: (job: ParseWork) => this.parse(job) },
      { queue: this.scanQueue, work: (job: ScanJob) => this.scan(job) },
      { queue: this.fileQueue, work: (job: FileJob) => this.file(job) },
      { queue: this.feedbackQueue, work: (job: FeedbackWork) => this.feedback(job) },
      { queue: this.submitQueue, work: (job: SubmitJob | RelayJob) => this.submit(job) },
      { queue: this.shareQueue, work: (job: ShareJob | TellJob) => this.share(job) },
    ] as { queue: MemoryQueue<object>; work: (job: object) => Promise<void> }[];
    for (let step = 0; step < 5_000; step++) {
      const waiting = stages.flatMap((stage) => stage.queue.jobs.map((job) => ({ stage, job })));
      if (waiting.length === 0) return;
      const { stage, job } = waiting[(options.pick?.(waiting.length) ?? 0) % waiting.length]!;
      stage.queue.jobs.splice(stage.queue.jobs.indexOf(job), 1);
      try {
        await stage.work(job);
        if (options.again?.()) stage.queue.jobs.push(job);
      } catch (error) {
        if ((error as Error).name !== "Crash") throw error;
        this.clock += RECEIVED_AGAIN_MILLISECONDS;
        stage.queue.jobs.push(job);
      }
    }
    throw new Error("the pipeline does not come to rest");
  }

  /** Emails of an account by the receipt that brought them. */
  async filed(accountId: AccountId): Promise<string[]> {
    const entries = await this.store.entriesAfter(accountId, { epoch: 0, seq: 0 });
    return entries.filter(({ email }) => email?.created?.length).map(({ actor }) => actor.replace("receipt:", ""));
  }

  /** Endings on record, as "stage recipient". */
  endings(receiptId: string): string[] {
    const ends = new Set(["filed", "quarantined", "bounced", "dropped"]);
    return [...this.traces.records.values()]
      .filter((record) => record.receiptId === receiptId && ends.has(record.stage))
      .map((record) => `${record.stage} ${record.detailKey}`)
      .sort();
  }

  private wrap<Port extends object>(port: Port): Port {
    return faulty(port, this.faults);
  }
}
