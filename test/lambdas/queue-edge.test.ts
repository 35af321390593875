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
      if (n === 15) throw Object.assign(new Error('x\r\n{"level":"INFO"}'), { name: "Odd\r\nforged\u001b[2J" });
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

  it("I04: writes one line of JSON for each event, whatever line ends and escapes an error carries", async () => {
    await handler(eventOf('{"n":15}', '{"n":"\\r\\nforged"}'), context);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(line.trimEnd()).not.toMatch(/[\r\n\u001b]/);
      expect(() => JSON.parse(line)).not.toThrow();
    }
  });

  it("says what failed without quoting what may be someone's", async () => {
    await handler(eventOf('{"n":14}', '{"n":"secret@outside.example"}'), context);
    const text = lines.join("\n");
    expect(text).toContain("TypeError");
    expect(text).toContain("does not fit its schema");
    expect(text).not.toContain("secret@");
  });
});
