/** The dead-letter queues as CloudWatch would see them, against the alarms of the template (the laptop keeps no metrics). */
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Cloud } from "../../../local/cloud.ts";

interface AlarmProperties {
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly AlarmActions: readonly unknown[];
}

export const sqsOf = (cloud: Cloud): SQSClient =>
  new SQSClient({ endpoint: cloud.endpoints.gateway, region: cloud.region, credentials: cloud.credentials });

export const queueUrl = (cloud: Cloud, name: string): string => `${cloud.endpoints.gateway}/${cloud.accountId}/${name}`;

/** Names of the dead-letter queues whose alarm would be in ALARM now. */
export const alarmedDeadLetters = async (cloud: Cloud): Promise<string[]> => {
  const sqs = sqsOf(cloud);
  const alarms = cloud.resources
    .filter(({ type }) => type === "AWS::CloudWatch::Alarm")
    .map(({ properties }) => properties as unknown as AlarmProperties)
    .filter(({ MetricName }) => MetricName === "ApproximateNumberOfMessagesVisible");
  const ringing = await Promise.all(
    alarms.map(async ({ Dimensions, Threshold, ComparisonOperator, AlarmActions }) => {
      if (ComparisonOperator !== "GreaterThanOrEqualToThreshold" || AlarmActions.length === 0) throw new Error("An alarm of another kind.");
      const queue = Dimensions!.find(({ Name }) => Name === "QueueName")!.Value;
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl(cloud, queue), AttributeNames: ["ApproximateNumberOfMessages"] }),
      );
      return Number(Attributes!.ApproximateNumberOfMessages) >= Threshold ? queue : null;
    }),
  );
  return ringing.filter((queue) => queue !== null).sort();
};
