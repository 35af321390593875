import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { replicationRuleId } from "./constructs/other-region-replication.ts";
import type { resourceNames } from "./resource-names.ts";
import type { TableName } from "./table-plan.ts";

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/** The CloudWatch metrics that alarms and the dashboard look at, each named once. */
export class ServiceMetrics {
  private readonly names: ReturnType<typeof resourceNames>;
  private readonly httpApiId: string;

  constructor(names: ReturnType<typeof resourceNames>, httpApiId: string) {
    this.names = names;
    this.httpApiId = httpApiId;
  }

  deadLetters(queue: string): Metric {
    return this.ofQueue("ApproximateNumberOfMessagesVisible", this.names.deadLetterQueue(queue), queue);
  }

  waiting(queue: string): Metric {
    return this.ofQueue("ApproximateNumberOfMessagesVisible", this.names.queue(queue), queue);
  }

  oldestSeconds(queue: string): Metric {
    return this.ofQueue("ApproximateAgeOfOldestMessage", this.names.queue(queue), queue);
  }

  errors(stage: string): Metric {
    return this.ofFunction("Errors", stage, "Sum");
  }

  throttles(stage: string): Metric {
    return this.ofFunction("Throttles", stage, "Sum");
  }

  invocations(stage: string): Metric {
    return this.ofFunction("Invocations", stage, "Sum");
  }

  durationMilliseconds(stage: string): Metric {
    return this.ofFunction("Duration", stage, "p99");
  }

  iteratorAgeMilliseconds(stage: string): Metric {
    return this.ofFunction("IteratorAge", stage, "Maximum");
  }

  /** A receipt rule's action that failed (SES retries for four hours) or that SES has given up on: lost mail. */
  receiptAction(outcome: "PublishFailure" | "PublishExpired" | "PublishSuccess"): Metric {
    return new Metric({
      namespace: "AWS/SES",
      metricName: outcome,
      dimensionsMap: { RuleName: this.names.receiptRule() },
      statistic: "Sum",
      period: fiveMinutes,
      label: outcome,
    });
  }

  /** Of the whole account, as SES judges it: a fraction. */
  reputation(rate: "BounceRate" | "ComplaintRate"): Metric {
    return new Metric({
      namespace: "AWS/SES",
      metricName: `Reputation.${rate}`,
      statistic: "Average",
      period: Duration.hours(1),
      label: rate,
    });
  }

  serverErrors(): Metric {
    return this.ofHttpApi("5xx", "Sum");
  }

  requests(): Metric {
    return this.ofHttpApi("Count", "Sum");
  }

  latencyMilliseconds(): Metric {
    return this.ofHttpApi("Latency", "p99");
  }

  tableThrottles(table: TableName, kind: "Read" | "Write"): Metric {
    return new Metric({
      namespace: "AWS/DynamoDB",
      metricName: `${kind}ThrottleEvents`,
      dimensionsMap: { TableName: this.names.table(table) },
      statistic: "Sum",
      period: fiveMinutes,
      label: `${table} ${kind.toLowerCase()}`,
    });
  }

  /** How long a change to the account log takes to arrive in the other region. */
  replicationMilliseconds(table: "accounts", receivingRegion: string): Metric {
    return new Metric({
      namespace: "AWS/DynamoDB",
      metricName: "ReplicationLatency",
      dimensionsMap: { TableName: this.names.table(table), ReceivingRegion: receivingRegion },
      statistic: "Average",
      period: fiveMinutes,
      label: `${table} → ${receivingRegion}`,
    });
  }

  /** Objects of the mail bucket that could not be copied to the other region. */
  replicationFailures(sourceBucket: string, destinationBucket: string): Metric {
    return new Metric({
      namespace: "AWS/S3",
      metricName: "OperationsFailedReplication",
      dimensionsMap: { SourceBucket: sourceBucket, DestinationBucket: destinationBucket, RuleId: replicationRuleId },
      statistic: "Sum",
      period: fiveMinutes,
    });
  }

  private ofQueue(metricName: string, queueName: string, label: string): Metric {
    return new Metric({
      namespace: "AWS/SQS",
      metricName,
      dimensionsMap: { QueueName: queueName },
      statistic: "Maximum",
      period: minute,
      label,
    });
  }

  private ofFunction(metricName: string, stage: string, statistic: string): Metric {
    const dimensionsMap = { FunctionName: this.names.function(stage) };
    return new Metric({ namespace: "AWS/Lambda", metricName, dimensionsMap, statistic, period: minute, label: stage });
  }

  private ofHttpApi(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensionsMap: { ApiId: this.httpApiId },
      statistic,
      period: minute,
      label: metricName,
    });
  }
}
