import { type Filter, matchesFilter, unknownOperatorIn } from "../patterns/event-pattern.ts";
import { type TemplateResource, UnknownInTemplate } from "../service.ts";

/** An event source mapping as the template defines it. */
export interface MappingDefinition {
  readonly id: string;
  readonly functionArn: string;
  readonly sourceArn: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly filters: readonly Filter[];
  readonly maximumConcurrency: number | null;
  readonly startingPosition: "TRIM_HORIZON" | "LATEST";
  readonly parallelization: number;
  readonly bisect: boolean;
  /** -1: until the records expire. */
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  readonly onFailureArn: string | null;
}

export interface Mapping {
  start(): void;
  stop(): Promise<void>;
}

export const mappingProperties = {
  FunctionName: "used",
  EventSourceArn: "used",
  Enabled: "used",
  BatchSize: "used",
  MaximumBatchingWindowInSeconds: "used",
  FunctionResponseTypes: "used",
  FilterCriteria: "used",
  ScalingConfig: "used",
  StartingPosition: "used",
  ParallelizationFactor: "used",
  BisectBatchOnFunctionError: "used",
  MaximumRetryAttempts: "used",
  MaximumRecordAgeInSeconds: "used",
  DestinationConfig: "used",
  KmsKeyArn: { inert: "filters are not encrypted on a laptop" },
  MetricsConfig: { inert: "metrics are not collected" },
  Tags: { inert: "describes" },
} as const;

export function readMapping(resource: TemplateResource): MappingDefinition {
  const { properties } = resource;
  const sourceArn = String(properties.EventSourceArn);
  const position = properties.StartingPosition ?? "LATEST";
  if (position !== "TRIM_HORIZON" && position !== "LATEST") {
    throw new UnknownInTemplate(resource, `the starting position ${String(position)} is not known to the laptop cloud`);
  }
  const destination = properties.DestinationConfig as { OnFailure?: { Destination?: string } } | undefined;
  const scaling = properties.ScalingConfig as { MaximumConcurrency?: number } | undefined;
  const functionName = String(properties.FunctionName);
  return {
    id: resource.stableId(36),
    functionArn: functionName,
    sourceArn,
    enabled: properties.Enabled !== false && properties.Enabled !== "false",
    batchSize: Number(properties.BatchSize ?? (sourceArn.includes(":sqs:") ? 10 : 100)),
    windowSeconds: Number(properties.MaximumBatchingWindowInSeconds ?? 0),
    reportsItemFailures: ((properties.FunctionResponseTypes ?? []) as string[]).includes("ReportBatchItemFailures"),
    filters: readFilters(resource),
    maximumConcurrency: scaling?.MaximumConcurrency ?? null,
    startingPosition: position,
    parallelization: Number(properties.ParallelizationFactor ?? 1),
    bisect: properties.BisectBatchOnFunctionError === true,
    maximumRetries: Number(properties.MaximumRetryAttempts ?? -1),
    maximumAgeSeconds: Number(properties.MaximumRecordAgeInSeconds ?? -1),
    onFailureArn: destination?.OnFailure?.Destination ?? null,
  };
}

function readFilters(resource: TemplateResource): Filter[] {
  const criteria = resource.properties.FilterCriteria as { Filters?: { Pattern: string }[] } | undefined;
  return (criteria?.Filters ?? []).map(({ Pattern }) => {
    const filter = JSON.parse(Pattern) as Filter;
    const problem = unknownOperatorIn(filter);
    if (problem) throw new UnknownInTemplate(resource, problem);
    return filter;
  });
}

/** No filter takes everything; several are alternatives. */
export function passesFilters(filters: readonly Filter[], record: unknown): boolean {
  return filters.length === 0 || filters.some((filter) => matchesFilter(filter, record));
}

export type BatchOutcome = { kind: "done" } | { kind: "failed"; reason: string } | { kind: "partly"; failed: ReadonlySet<string> };

/**
 * What a function's answer says of a batch ("Reporting batch item failures"): an answer that is not in its form fails the whole batch;
 * null, {} and an empty list mean that all succeeded.
 */
export function readBatchAnswer(payload: string, known: ReadonlySet<string>): BatchOutcome {
  const answer = JSON.parse(payload || "null") as { batchItemFailures?: { itemIdentifier?: unknown }[] | null } | null;
  const failures = answer?.batchItemFailures;
  if (failures === undefined || failures === null || failures.length === 0) return { kind: "done" };
  const failed = new Set<string>();
  for (const { itemIdentifier } of failures) {
    if (typeof itemIdentifier !== "string" || !known.has(itemIdentifier))
      return { kind: "failed", reason: "a batchItemFailures entry names no item of the batch" };
    failed.add(itemIdentifier);
  }
  return { kind: "partly", failed };
}
