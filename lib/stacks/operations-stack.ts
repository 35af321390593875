import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { DataStack } from "./data-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";
import type { PipelineStack } from "./pipeline-stack.ts";

export interface OperationsStackProps extends PenfoldStackProps {
  readonly data: DataStack;
  readonly pipeline: PipelineStack;
}
void [Duration, Alarm, ComparisonOperator, Metric, TreatMissingData];
export type M = IMetric;

/** What operators see and what wakes them. */
export class OperationsStack extends PenfoldStack {
  constructor(scope: Construct, props: OperationsStackProps) {
    super(scope, "Operations", "dashboard and alarms", props);
    const topic = new Topic(this, "AlarmTopic", {
      displayName: "Penfold alarms",
      masterKey: Key.fromKeyArn(this, "TransitKey", props.data.keys.transit.keyArn),
      enforceSSL: true,
    });
    topic.addSubscription(new EmailSubscription(this.settings.alarmAddress));
    void SnsAction;
  }
}
