import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Filter, matchesFilter, unknownOperatorIn } from "../patterns/event-pattern.ts";
import {
  type ApiCall,
  type CreatedResource,
  type IamCheck,
  type LocalService,
  type ResourceProvider,
  type ServiceContext,
  ServiceError,
  type TemplateResource,
  UnknownInTemplate,
} from "../service.ts";
import { nextTime, parseSchedule, type Schedule } from "./schedule.ts";
import { fire, readTarget, type Target } from "./targets.ts";

interface Rule {
  readonly arn: string;
  readonly service: "events.amazonaws.com" | "scheduler.amazonaws.com";
  readonly pattern: Filter | null;
  readonly schedule: Schedule | null;
  readonly targets: readonly Target[];
}

interface PutEventsEntry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  Resources?: string[];
  Time?: number;
  EventBusName?: string;
}

const inert = (reason: string) => ({ inert: reason });
const mostEntries = 10;
const longestTimerMilliseconds = 2 ** 31 - 1;

/** EventBridge: the default bus with the template's rules, and schedules (rules and EventBridge Scheduler). */
export class EventsService implements LocalService {
  readonly name = "events";
  readonly signingNames = ["events"];
  readonly protocol = "json";
  readonly body = "buffered";
  readonly #rules: Rule[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #context: ServiceContext | null = null;
  #stopped = false;

  get context(): ServiceContext {
    if (!this.#context) throw new Error("EventBridge is asked before its start");
    return this.#context;
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    context.provide("events", {
      put: (event) => this.#put(event),
    });
  }

  async opened(): Promise<void> {
    const begun = this.context.clock.now();
    for (const rule of this.#rules) if (rule.schedule) this.#scheduleNext(rule, rule.schedule, begun);
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::Events::Rule": {
      properties: {
        Name: "used",
        Description: "used",
        EventPattern: "used",
        ScheduleExpression: "used",
        State: "used",
        Targets: "used",
        EventBusName: "used",
        Tags: inert("describes"),
      },
      create: async (resource) => this.#createRule(resource),
    },
    "AWS::Scheduler::ScheduleGroup": {
      properties: { Name: "used", Tags: inert("describes") },
      create: async (resource) => ({ ref: String(resource.properties.Name ?? resource.physicalName()), attributes: {} }),
    },
    "AWS::Scheduler::Schedule": {
      properties: {
        Name: "used",
        Description: "used",
        GroupName: "used",
        ScheduleExpression: "used",
        State: "used",
        Target: "used",
        FlexibleTimeWindow: inert("fires on time"),
        ScheduleExpressionTimezone: inert("UTC on a laptop"),
        KmsKeyArn: inert("nothing is encrypted on a laptop"),
        StartDate: inert("begins at once"),
      },
      create: async (resource) => this.#createSchedule(resource),
    },
  };

  iamOf(call: ApiCall): IamCheck[] {
    const { operation } = readCall(call);
    return [
      { action: `events:${operation}`, resource: `arn:aws:events:${this.context.region}:${this.context.accountId}:event-bus/default` },
    ];
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const { entries } = readCall(call);
    const results = [];
    for (const entry of entries) results.push(await this.#putEntry(entry));
    const body = JSON.stringify({ FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results });
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    response.end(body);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #putEntry(entry: PutEventsEntry): Promise<{ EventId: string } | { ErrorCode: string; ErrorMessage: string }> {
    if (!entry.Source || !entry.DetailType || !entry.Detail) {
      return {
        ErrorCode: "InvalidArgument",
        ErrorMessage: "Parameter Source, DetailType or Detail is not valid. Reason: it is a required argument.",
      };
    }
    let detail: object;
    try {
      detail = JSON.parse(entry.Detail) as object;
    } catch {
      return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    }
    const { eventId } = await this.#put({
      source: entry.Source,
      detailType: entry.DetailType,
      detail,
      resources: entry.Resources,
      ...(entry.Time ? { time: entry.Time * 1000 } : {}),
    });
    return { EventId: eventId };
  }

  async #put(event: {
    source: string;
    detailType: string;
    detail: object;
    resources?: readonly string[];
    time?: number;
  }): Promise<{ eventId: string }> {
    const eventId = randomUUID();
    const full = {
      version: "0",
      id: eventId,
      "detail-type": event.detailType,
      source: event.source,
      account: this.context.accountId,
      time: isoSeconds(event.time ?? this.context.clock.now()),
      region: this.context.region,
      resources: event.resources ?? [],
      detail: event.detail,
    };
    for (const rule of this.#rules) {
      if (rule.pattern && matchesFilter(rule.pattern, full)) await this.#fireAll(rule, full);
    }
    return { eventId };
  }

  async #fireAll(rule: Rule, event: object): Promise<void> {
    const times = this.context.faults.duplicateEvents ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      await Promise.all(rule.targets.map((target) => fire(this.context, target, event, { service: rule.service, arn: rule.arn })));
    }
  }

  #scheduleNext(rule: Rule, schedule: Schedule, begun: number): void {
    if (this.#stopped) return;
    const now = this.context.clock.now();
    const time = nextTime(schedule, now + 1, begun);
    if (time === null) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (this.context.clock.now() < time) return this.#scheduleNext(rule, schedule, begun);
        void this.#fireAll(rule, this.#scheduledEvent(rule, time)).finally(() => this.#scheduleNext(rule, schedule, begun));
      },
      Math.min(time - now, longestTimerMilliseconds),
    );
    this.#timers.add(timer);
  }

  #scheduledEvent(rule: Rule, time: number): object {
    return {
      version: "0",
      id: randomUUID(),
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: this.context.accountId,
      time: isoSeconds(time),
      region: this.context.region,
      resources: [rule.arn],
      detail: {},
    };
  }

  #createRule(resource: TemplateResource): CreatedResource {
    const { properties } = resource;
    if (properties.EventBusName !== undefined && properties.EventBusName !== "default")
      throw new UnknownInTemplate(resource, "event buses other than the default are not known to the laptop cloud");
    const name = String(properties.Name ?? resource.physicalName({ maxLength: 64 }));
    const arn = `arn:aws:events:${this.context.region}:${this.context.accountId}:rule/${name}`;
    const pattern = (properties.EventPattern ?? null) as Filter | null;
    const problem = pattern ? unknownOperatorIn(pattern) : null;
    if (problem) throw new UnknownInTemplate(resource, problem);
    const targets = ((properties.Targets ?? []) as unknown[]).map((target) => readTarget(resource, target));
    const schedule = properties.ScheduleExpression === undefined ? null : readSchedule(resource);
    if (properties.State !== "DISABLED") this.#rules.push({ arn, service: "events.amazonaws.com", pattern, schedule, targets });
    return { ref: name, attributes: { Arn: arn } };
  }

  #createSchedule(resource: TemplateResource): CreatedResource {
    const { properties } = resource;
    const name = String(properties.Name ?? resource.physicalName({ maxLength: 64 }));
    const arn = `arn:aws:scheduler:${this.context.region}:${this.context.accountId}:schedule/${String(properties.GroupName ?? "default")}/${name}`;
    const target = readTarget(resource, properties.Target);
    if (!target.roleArn) throw new UnknownInTemplate(resource, "the target of a schedule needs a RoleArn");
    if (properties.State !== "DISABLED") {
      this.#rules.push({ arn, service: "scheduler.amazonaws.com", pattern: null, schedule: readSchedule(resource), targets: [target] });
    }
    return { ref: name, attributes: { Arn: arn } };
  }
}

function readSchedule(resource: TemplateResource): Schedule {
  const expression = String(resource.properties.ScheduleExpression);
  const schedule = parseSchedule(expression);
  if (!schedule) throw new UnknownInTemplate(resource, `the schedule ${expression} is not understood by the laptop cloud`);
  return schedule;
}

function readCall(call: ApiCall): { operation: string; entries: PutEventsEntry[] } {
  const operation = String(call.headers["x-amz-target"] ?? "").replace(/^AWSEvents\./, "");
  if (operation !== "PutEvents")
    throw new ServiceError(400, "UnknownOperationException", `EventBridge of the laptop cloud does not know the operation "${operation}"`);
  const { Entries = [] } = JSON.parse(call.body.toString("utf8")) as { Entries?: PutEventsEntry[] };
  if (Entries.length === 0 || Entries.length > mostEntries)
    throw new ServiceError(400, "ValidationException", `Entries must hold 1 to ${mostEntries} events`);
  return { operation, entries: Entries };
}

function isoSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}
