import type { Context, SQSEvent } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { TransientError } from "../../core/errors.ts";
import { queueHandler } from "../../lambdas/edge/queue.ts";

const context = {
  functionName: "f",
  memoryLimitInMB: "128",
  awsRequestId: "r",
  invokedFunctionArn: "arn:aws:lambda:x:0:function:f",
} as Context;
const eventOf = (...bodies: string[]): SQSEvent =>
  ({ Records: bodies.map((body, index) => ({ messageId: `m${index}`, body, eventSource: "aws:sqs" })) }) as unknown as SQSEvent;

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  }
});
afterEach(() => vi.restoreAllMocks());

describe("a queue's function", () => {
  const done: number[] = [];
  const handler = queueHandler({
    stage: "test",
    schema: z.object({ n: z.number() }),
    run: async ({ n }) => {
      if (n === 13) throw new TransientError("later");
      if (n === 14) throw new TypeError("secret@outside.example is undefined");
      done.push(n);
    },
    atOnce: 2,
    notices: ["hello"],
  });

  it("does the good jobs and names exactly the failed ones", async () => {
    const answer = await handler(eventOf('{"n":1}', "no json", '{"n":13}', '{"m":2}', '{"n":14}', "hello", '{"n":2}'), context);
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(["m1", "m2", "m3", "m4"]);
    expect(done).toEqual([1, 2]);
  });

  it("says what failed without quoting what may be someone's", async () => {
    await handler(eventOf('{"n":14}', '{"n":"secret@outside.example"}'), context);
    const text = lines.join("\n");
    expect(text).toContain("TypeError");
    expect(text).toContain("does not fit its schema");
    expect(text).not.toContain("secret@");
  });
});
