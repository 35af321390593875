/** The stage table (core/stages.ts) as lib/ reads it. */
import { type QueueName, type Stage, stages, type Trigger } from "../core/stages.ts";

/** A stage as one shape; the table itself is a tuple of exact ones. */
export const allStages: readonly Stage[] = stages;

export type QueueStage = Stage & { readonly trigger: Extract<Trigger, { kind: "queue" }> };

const readsQueue = (stage: Stage): stage is QueueStage => stage.trigger.kind === "queue";

/** Stages that a queue drives. */
export const queueStages: readonly QueueStage[] = allStages.filter(readsQueue);

/** The stage that reads a queue: each queue has exactly one. */
export const queueStage = (queue: QueueName): QueueStage => {
  const readers = queueStages.filter((stage) => stage.trigger.queue === queue);
  const [reader] = readers;
  if (reader === undefined || readers.length > 1) throw new Error(`Queue "${queue}" has ${readers.length} readers in core/stages.ts.`);
  return reader;
};

/** Queues fed from outside by SES; all others are fed by our own functions. */
export const inboundQueues: ReadonlySet<QueueName> = new Set<QueueName>(["parse", "feedback"]);

/** `socket-authorise` → `SocketAuthorise`. */
export const pascal = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
