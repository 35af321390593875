import { AlarmStatusWidget, GraphWidget, type IAlarm, type IMetric, type IWidget, TextWidget } from "aws-cdk-lib/aws-cloudwatch";
import type { ServiceMetrics } from "./service-metrics.ts";
import { allStages } from "./stage-plan.ts";

const graph = (title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget =>
  new GraphWidget({ title, left: [...left], right: [...right], width: 12, height: 6 });

/** The dashboard from top to bottom: is anything wrong, does mail flow, is the API well, what runs. */
export const dashboardRows = (
  metrics: ServiceMetrics,
  shown: { readonly queues: readonly string[]; readonly alarms: readonly IAlarm[] },
): IWidget[][] => {
  const names = allStages.map((stage) => stage.name);
  const streams = allStages.filter((stage) => stage.trigger.kind === "stream").map((stage) => stage.name);
  const queueless = allStages.filter(({ trigger }) => trigger.kind === "stream" || trigger.kind === "schedule").map(({ name }) => name);
  return [
    [new AlarmStatusWidget({ title: "Alarms", alarms: [...shown.alarms], width: 24, height: 6 })],
    [new TextWidget({ markdown: "### Mail in and out", width: 24, height: 1 })],
    [
      graph(
        "Received by SES",
        [metrics.receiptAction("PublishSuccess")],
        [metrics.receiptAction("PublishFailure"), metrics.receiptAction("PublishExpired")],
      ),
      graph(
        "Oldest job (seconds)",
        shown.queues.map((queue) => metrics.oldestSeconds(queue)),
      ),
    ],
    [
      graph(
        "Jobs waiting",
        shown.queues.map((queue) => metrics.waiting(queue)),
      ),
      graph(
        "Dead letters",
        [...shown.queues, ...queueless].map((name) => metrics.deadLetters(name)),
      ),
    ],
    [
      graph("Sending reputation", [metrics.reputation("BounceRate")], [metrics.reputation("ComplaintRate")]),
      graph(
        "Stream lag (ms)",
        streams.map((name) => metrics.iteratorAgeMilliseconds(name)),
      ),
    ],
    [new TextWidget({ markdown: "### API and functions", width: 24, height: 1 })],
    [graph("API requests", [metrics.requests()], [metrics.serverErrors()]), graph("API latency p99 (ms)", [metrics.latencyMilliseconds()])],
    [
      graph(
        "Function errors",
        names.map((name) => metrics.errors(name)),
      ),
      graph(
        "Function duration p99 (ms)",
        names.map((name) => metrics.durationMilliseconds(name)),
      ),
    ],
    [
      graph(
        "Function runs",
        names.map((name) => metrics.invocations(name)),
      ),
      graph("Table throttling", [
        metrics.tableThrottles("accounts", "Write"),
        metrics.tableThrottles("accounts", "Read"),
        metrics.tableThrottles("traces", "Write"),
      ]),
    ],
  ];
};
