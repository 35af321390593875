import { Dashboard, PeriodOverride } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnSubscription, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { ServiceAlarms } from "../constructs/service-alarms.ts";
import { dashboardRows } from "../dashboard-rows.ts";
import { ServiceMetrics } from "../service-metrics.ts";
import type { ApiStack } from "./api-stack.ts";
import type { DataStack } from "./data-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";
import type { PipelineStack } from "./pipeline-stack.ts";

export interface OperationsStackProps extends PenfoldStackProps {
  readonly data: DataStack;
  readonly api: ApiStack;
  readonly pipeline: PipelineStack;
}

/** What operators see, and what wakes them (docs/runbooks/alarms.md has a section for each alarm). */
export class OperationsStack extends PenfoldStack {
  constructor(scope: Construct, props: OperationsStackProps) {
    super(scope, "Operations", "dashboard and alarms", props);
    const topic = new Topic(this, "AlarmTopic", {
      displayName: "Penfold alarms",
      masterKey: Key.fromKeyArn(this, "TransitKey", props.data.keys.transit.keyArn),
      enforceSSL: true,
    });
    const address = new CfnSubscription(this, "AlarmAddress", {
      topicArn: topic.topicArn,
      protocol: "email",
      endpoint: this.settings.alarmAddress,
    });
    acknowledge(
      address,
      "An e-mail subscription; what could not be sent is still an alarm on the dashboard.",
      "Serverless-SNSRedrivePolicy",
    );
    const metrics = new ServiceMetrics(this.names, props.api.httpApi.ref);
    const { otherRegion } = this;
    const replication = otherRegion
      ? {
          toRegion: otherRegion,
          sourceBucket: this.names.bucket("mail", this.region),
          destinationBucket: this.names.bucket("mail", otherRegion),
        }
      : undefined;
    const alarms = new ServiceAlarms(this, "Alarms", { metrics, replication, action: new SnsAction(topic) });
    const queues = Object.keys(props.pipeline.queues);
    const dashboard = new Dashboard(this, "Dashboard", {
      dashboardName: `${this.settings.serviceName}-${this.region}`,
      periodOverride: PeriodOverride.AUTO,
    });
    dashboard.addWidgets(...dashboardRows(metrics, { queues, alarms: alarms.all }).flat());
  }
}
