/** What every function reports: one log line a failure (never an address, subject or body), and one metric document an invocation. */
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { processMeter } from "../../aws/meter.ts";
import { PoisonError, TransientError } from "../../core/errors.ts";

const serviceName = process.env.SERVICE_NAME ?? "penfold";
export const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: "Penfold", serviceName });

/** Our own errors carry sentences we wrote; the text of others may quote an address, so of them only name and place are kept. */
export const describeError = (error: unknown, depth = 0): Record<string, unknown> => {
  if (!(error instanceof Error)) return { name: typeof error };
  const own = error instanceof TransientError || error instanceof PoisonError || error.name === "InvariantError";
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
  return {
    name: error.name,
    ...(own && { message: error.message }),
    frames,
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
};

/** Kind of a failure: `transient` is tried again, `poison` ends in the dead-letter queue, `bug` is anything we did not foresee. */
export const kindOf = (error: unknown): "transient" | "poison" | "bug" =>
  error instanceof TransientError ? "transient" : error instanceof PoisonError ? "poison" : "bug";

export const reportFailure = (error: unknown, about: Record<string, string>): void => {
  const kind = kindOf(error);
  const line = { kind, error: describeError(error), ...about };
  if (kind === "transient") logger.warn("A job failed and will be tried again", line);
  else logger.error(kind === "poison" ? "A job can never be done" : "A job failed in a way nobody foresaw", line);
  countMetric(kind === "transient" ? "JobsRetried" : kind === "poison" ? "PoisonJobs" : "JobsFailed", 1);
};

export const countMetric = (name: string, value: number): void => {
  metrics.addMetric(name, MetricUnit.Count, value);
};

/** Thrown where Lambda's protocol wants an error for what is an expected answer: its message is what API Gateway looks at. */
export class Refused extends Error {
  override readonly name = "Refused";
}

let cold = true;

/** A handler with a log context and the metrics of its invocation. */
export const observed = <Event, Result>(
  stage: string,
  handler: (event: Event, context: Context) => Promise<Result>,
): MiddyfiedHandler<Event, Result> =>
  middy<Event, Result>()
    .use({
      before: ({ context }) => {
        processMeter.reset();
        logger.addContext(context);
        if (cold) metrics.addMetric("ColdStarts", MetricUnit.Count, 1);
        cold = false;
      },
      after: () => publish(stage),
      onError: ({ error }) => {
        if (error instanceof Refused) logger.info("Refused", { stage });
        else logger.error("An invocation failed", { stage, error: describeError(error) });
        publish(stage);
      },
    })
    .handler(handler);

const publish = (stage: string): void => {
  metrics.addDimension("stage", stage);
  if (processMeter.readUnits > 0) metrics.addMetric("ReadUnits", MetricUnit.Count, processMeter.readUnits);
  if (processMeter.writeUnits > 0) metrics.addMetric("WriteUnits", MetricUnit.Count, processMeter.writeUnits);
  for (const [call, count] of processMeter.calls) metrics.addMetadata(call, String(count));
  if (processMeter.blobOctets > 0) metrics.addMetadata("blobOctets", String(processMeter.blobOctets));
  metrics.addMetadata("steps", processMeter.steps.map((services) => [...services].join("+")).join(" "));
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};
