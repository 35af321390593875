/** Every alarm: what it watches, when it goes off, and the heading of docs/runbooks/alarms.md that says what to do. */
import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { ServiceMetrics } from "./service-metrics.ts";
import { allStages, pascal, queueStages } from "./stage-plan.ts";

export interface AlarmPlan {
  readonly id: string;
  readonly metric: Metric;
  /** Goes off at this value or above. */
  readonly threshold: number;
  /** This many of the last `outOf` periods. */
  readonly periods: number;
  readonly outOf: number;
  readonly meaning: string;
  readonly runbook:
    | "dead-letters"
    | "slow-queue"
    | "function-errors"
    | "throttles"
    | "stream-lag"
    | "receipt"
    | "reputation"
    | "api"
    | "replication";
}

export interface AlarmScope {
  readonly metrics: ServiceMetrics;
  /** Present in a two-region deployment. */
  readonly replication?: {
    readonly toRegion: string;
    readonly sourceBucket: string;
    readonly destinationBucket: string;
  };
}

/** Seconds that a job may wait before someone should look; sending waits for the undo window, a push for its push service, by design. */
const oldestSeconds: Readonly<Record<string, number>> = { submit: 1_800, snapshot: 1_800, push: 1_800 };
const oldestSecondsOtherwise = 300;

const once = { periods: 1, outOf: 1 };

const queueAlarms = (metrics: ServiceMetrics): AlarmPlan[] =>
  queueStages.flatMap(({ trigger: { queue } }) => [
    deadLetterAlarm(metrics, queue),
    {
      id: `${pascal(queue)}Oldest`,
      metric: metrics.oldestSeconds(queue),
      threshold: oldestSeconds[queue] ?? oldestSecondsOtherwise,
      periods: 5,
      outOf: 5,
      meaning: `Jobs wait too long in the ${queue} queue: mail is late, not lost.`,
      runbook: "slow-queue",
    },
  ]);

const deadLetterAlarm = (metrics: ServiceMetrics, queue: string): AlarmPlan => ({
  id: `${pascal(queue)}DeadLetters`,
  metric: metrics.deadLetters(queue),
  threshold: 1,
  ...once,
  meaning: `The ${queue} stage gave up on a job; it is kept 14 days in the dead-letter queue and can be redriven.`,
  runbook: "dead-letters",
});

const errorAlarm = (metrics: ServiceMetrics, name: string): AlarmPlan => ({
  id: `${pascal(name)}Errors`,
  metric: metrics.errors(name),
  threshold: 5,
  periods: 3,
  outOf: 5,
  meaning: `The ${name} function keeps failing.`,
  runbook: "function-errors",
});

const functionAlarms = (metrics: ServiceMetrics): AlarmPlan[] =>
  allStages.flatMap(({ name, trigger }): AlarmPlan[] => [
    // A refused WebSocket is, by API Gateway's contract, an error of its authoriser: anyone could raise that alarm.
    ...(trigger.kind === "socketAuthoriser" ? [] : [errorAlarm(metrics, name)]),
    {
      id: `${pascal(name)}Throttles`,
      metric: metrics.throttles(name),
      threshold: 1,
      periods: 3,
      outOf: 5,
      meaning: `Lambda refuses to run more copies of the ${name} function: the account's concurrency is used up.`,
      runbook: "throttles",
    },
    ...(trigger.kind === "stream" || trigger.kind === "schedule" ? [deadLetterAlarm(metrics, name)] : []),
    ...(trigger.kind === "stream"
      ? [
          {
            id: `${pascal(name)}Lag`,
            metric: metrics.iteratorAgeMilliseconds(name),
            threshold: 60_000,
            periods: 5,
            outOf: 5,
            meaning: "Changes reach open mail programs late, and submissions start late.",
            runbook: "stream-lag" as const,
          },
        ]
      : []),
  ]);

const edgeAlarms = (metrics: ServiceMetrics): AlarmPlan[] => [
  {
    id: "ReceiptFailure",
    metric: metrics.receiptAction("PublishFailure"),
    threshold: 1,
    ...once,
    meaning: "SES could not store or announce received mail; it tries for four hours and then drops the mail.",
    runbook: "receipt",
  },
  {
    id: "ReceiptExpired",
    metric: metrics.receiptAction("PublishExpired"),
    threshold: 1,
    ...once,
    meaning: "SES has given up on received mail: it is lost to us.",
    runbook: "receipt",
  },
  {
    id: "BounceRate",
    metric: metrics.reputation("BounceRate"),
    threshold: 0.05,
    ...once,
    meaning: "5 % of sent mail bounces; at 10 % SES may stop the account's sending.",
    runbook: "reputation",
  },
  {
    id: "ComplaintRate",
    metric: metrics.reputation("ComplaintRate"),
    threshold: 0.001,
    ...once,
    meaning: "One in a thousand recipients complains; at five in a thousand SES may stop the account's sending.",
    runbook: "reputation",
  },
  {
    id: "ApiServerErrors",
    metric: metrics.serverErrors(),
    threshold: 5,
    periods: 3,
    outOf: 5,
    meaning: "The JMAP API answers with server errors.",
    runbook: "api",
  },
  ...(["accounts", "directory", "traces"] as const).flatMap((table) =>
    (["Read", "Write"] as const).map(
      (kind): AlarmPlan => ({
        id: `${pascal(table)}${kind}Throttles`,
        metric: metrics.tableThrottles(table, kind),
        threshold: 50,
        periods: 2,
        outOf: 3,
        meaning: `DynamoDB throttles ${kind.toLowerCase()}s of the ${table} table: one partition is hot or the table's limit is reached.`,
        runbook: "throttles",
      }),
    ),
  ),
];

const replicationAlarms = ({ metrics, replication }: AlarmScope): AlarmPlan[] => {
  if (replication === undefined) return [];
  const { toRegion, sourceBucket, destinationBucket } = replication;
  const blobs: AlarmPlan = {
    id: "BlobReplication",
    metric: metrics.replicationFailures(sourceBucket, destinationBucket),
    threshold: 1,
    ...once,
    meaning: `Messages were not copied to ${toRegion}.`,
    runbook: "replication",
  };
  const log: AlarmPlan = {
    id: "LogReplication",
    metric: metrics.replicationMilliseconds("accounts", toRegion),
    threshold: 60_000,
    periods: 3,
    outOf: 3,
    meaning: `The account log reaches ${toRegion} more than a minute late.`,
    runbook: "replication",
  };
  return [blobs, log];
};

/** All alarms of one region. */
export const alarmPlan = (scope: AlarmScope): readonly AlarmPlan[] => [
  ...queueAlarms(scope.metrics),
  ...functionAlarms(scope.metrics),
  ...edgeAlarms(scope.metrics),
  ...replicationAlarms(scope),
];
