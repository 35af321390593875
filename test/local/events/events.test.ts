import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import type { Cloud } from "../../../local/cloud.ts";
import { nextTime, parseSchedule } from "../../../local/events/schedule.ts";
import { matchesFilter } from "../../../local/patterns/event-pattern.ts";
import { bootStack, clientsOf } from "../support/cloud.ts";

const at = (text: string) => Date.parse(text);

/** EventBridge user guide: "Cron expressions", "Rate expressions". */
describe("schedules", () => {
  it.each([
    ["rate(15 minutes)", "2026-11-22T10:01:00Z", "2026-11-22T10:15:00Z"],
    ["rate(1 day)", "2026-11-22T10:01:00Z", "2026-11-23T10:00:00Z"],
    ["cron(0 12 * * ? *)", "2026-11-22T12:00:01Z", "2026-11-23T12:00:00Z"],
    ["cron(0/10 * ? * MON-FRI *)", "2026-11-22T10:03:00Z", "2026-11-23T00:00:00Z"],
    ["cron(30 2 1 1,7 ? *)", "2026-11-22T10:00:00Z", "2027-01-01T02:30:00Z"],
    ["at(2026-11-22T17:00:00)", "2026-11-22T10:00:00Z", "2026-11-22T17:00:00Z"],
  ])("%s after %s is %s", (expression, from, expected) => {
    expect(new Date(nextTime(parseSchedule(expression)!, at(from), at("2026-11-22T10:00:00Z"))!).toISOString()).toBe(
      new Date(expected).toISOString(),
    );
  });

  it.each(["rate(0.5 minutes)", "cron(0 12 * * ?)", "cron(61 * * * ? *)", "cron(0 0 L * ? *)", "every day"])(
    "does not understand %s",
    (expression) => {
      expect(parseSchedule(expression)).toBeNull();
    },
  );
});

/** EventBridge user guide: "Comparison operators for use in event patterns". */
describe("event patterns", () => {
  it.each<[object, unknown, boolean]>([
    [{ a: ["x"] }, { a: "x" }, true],
    [{ a: ["x"] }, { a: ["y", "x"] }, true],
    [{ a: ["x"] }, {}, false],
    [{ a: { b: [1, 2] } }, { a: { b: 2 } }, true],
    [{ a: [{ prefix: "L#" }] }, { a: "L#1" }, true],
    [{ a: [{ suffix: ".eml" }] }, { a: "x.EML" }, false],
    [{ a: [{ "anything-but": ["x", "y"] }] }, { a: "z" }, true],
    [{ a: [{ "anything-but": { prefix: "x" } }] }, { a: "xy" }, false],
    [{ a: [{ exists: false }] }, { b: 1 }, true],
    [{ a: [{ exists: true }] }, { b: 1 }, false],
    [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 5 }, true],
    [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: "5" }, false],
    [{ a: [{ wildcard: "a*z" }] }, { a: "abcz" }, true],
    [{ a: [{ "equals-ignore-case": "aBc" }] }, { a: "AbC" }, true],
    [{ $or: [{ a: ["x"] }, { b: ["y"] }] }, { b: "y" }, true],
    [{ a: [null] }, { a: null }, true],
  ])("%j on %j is %s", (pattern, value, expected) => {
    expect(matchesFilter(pattern as never, value)).toBe(expected);
  });
});

describe("rules", () => {
  let cloud: Cloud;
  afterEach(() => cloud?.stop());

  it("send matching events to a queue that lets them", async () => {
    cloud = await bootStack({
      Found: { Type: "AWS::SQS::Queue", Properties: {} },
      FoundPolicy: {
        Type: "AWS::SQS::QueuePolicy",
        Properties: {
          Queues: [{ Ref: "Found" }],
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "events.amazonaws.com" },
                Action: "sqs:SendMessage",
                Resource: { "Fn::GetAtt": ["Found", "Arn"] },
              },
            ],
          },
        },
      },
      Rule: {
        Type: "AWS::Events::Rule",
        Properties: {
          EventPattern: { source: ["aws.guardduty"], detail: { scanResultDetails: { scanResultStatus: ["THREATS_FOUND"] } } },
          Targets: [{ Id: "t", Arn: { "Fn::GetAtt": ["Found", "Arn"] }, InputPath: "$.detail" }],
        },
      },
    });
    const { events, sqs } = clientsOf(cloud);
    const entry = (status: string) => ({
      Source: "aws.guardduty",
      DetailType: "Scan Result",
      Detail: JSON.stringify({ scanResultDetails: { scanResultStatus: status } }),
    });
    const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [entry("NO_THREATS_FOUND"), entry("THREATS_FOUND")] }));
    expect(FailedEntryCount).toBe(0);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: cloud.resource("Found").ref, MaxNumberOfMessages: 10 }));
    expect(Messages!.map(({ Body }) => JSON.parse(Body!))).toEqual([{ scanResultDetails: { scanResultStatus: "THREATS_FOUND" } }]);
  });
});
