import { Alarm, ComparisonOperator, type IAlarmAction, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { type AlarmScope, alarmPlan } from "../alarm-plan.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";

export interface ServiceAlarmsProps extends AlarmScope {
  readonly action: IAlarmAction;
}

/** Every alarm of the plan, each telling the alarm topic when it goes off and when it is over. */
export class ServiceAlarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(stack: PenfoldStack, id: string, props: ServiceAlarmsProps) {
    super(stack, id);
    this.all = alarmPlan(props).map((plan) => {
      const alarm = new Alarm(this, plan.id, {
        alarmName: `${stack.settings.serviceName}-${plan.id}`,
        alarmDescription: `${plan.meaning} Runbook: docs/runbooks/alarms.md#${plan.runbook}`,
        metric: unlabelled(plan.metric),
        threshold: plan.threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: plan.outOf,
        datapointsToAlarm: plan.periods,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(props.action);
      alarm.addOkAction(props.action);
      return alarm;
    });
  }
}

/** A label is for graphs; on an alarm it would turn the metric into an expression. */
const unlabelled = ({ namespace, metricName, dimensions, statistic, period }: Metric): Metric =>
  new Metric({ namespace, metricName, dimensionsMap: dimensions as Record<string, string> | undefined, statistic, period });
