import { Duration } from "aws-cdk-lib";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";

export interface StageQueueProps {
  readonly queue: string;
  readonly keyArn: string;
  /** The consuming function's timeout; a job stays hidden for six times as long (AWS guidance for Lambda). */
  readonly timeoutSeconds: number;
  /** Deliveries before a job goes to the dead-letter queue. */
  readonly maxReceives: number;
}

const retention = Duration.days(14);

/** A queue of jobs and its dead-letter queue. Redrive: docs/runbooks/dead-letter-queues.md. */
export class StageQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(stack: PenfoldStack, id: string, props: StageQueueProps) {
    super(stack, id);
    const key = Key.fromKeyArn(this, "Key", props.keyArn);
    this.deadLetters = deadLetterQueue(this, stack, props.queue, key);
    this.queue = new Queue(this, "Queue", {
      queueName: stack.names.queue(props.queue),
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      dataKeyReuse: Duration.hours(1),
      enforceSSL: true,
      retentionPeriod: retention,
      visibilityTimeout: Duration.seconds(6 * props.timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceives },
    });
  }
}

/** A dead-letter queue that keeps what failed for 14 days, the longest SQS offers. */
export const deadLetterQueue = (scope: Construct, stack: PenfoldStack, name: string, key: IKey): Queue => {
  const queue = new Queue(scope, "DeadLetters", {
    queueName: stack.names.deadLetterQueue(name),
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    dataKeyReuse: Duration.hours(1),
    enforceSSL: true,
    retentionPeriod: retention,
  });
  acknowledge(
    queue,
    "It is a dead-letter queue: the end of the line, watched by an alarm.",
    "Serverless-SQSRedrivePolicy",
    "AwsSolutions-SQS3",
  );
  return queue;
};
