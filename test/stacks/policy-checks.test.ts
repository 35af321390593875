/** The rules really run in synth: each example is clean, and something unclean is refused. */
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import { penfoldApp } from "../../lib/penfold-app.ts";
import { DataStack } from "../../lib/stacks/data-stack.ts";
import { example, synthesize } from "./synthesized.ts";

/** Synthesizing takes a few seconds of CPU, longer on a busy machine. */
const patience = { timeout: 180_000 };

describe("policy checks in synth", patience, () => {
  test.each(["laptop", "example-one-region", "example-two-regions"])("%s has no finding without a reason", (name) => {
    const seven = ["Api", "Data", "Identity", "Inbound", "Operations", "Pipeline", "Web"];
    const regions = example(name).regions.map((region) => region.name);
    const expected =
      regions.length === 1
        ? seven.map((part) => `Penfold${part}`)
        : regions.flatMap((region) => seven.map((part) => `Penfold${part}-${region}`));
    expect([...synthesize(example(name)).stacks.keys()].sort()).toEqual(expected.sort());
  });

  test("a bucket that anyone may add without TLS and logs fails the synth", () => {
    const app = penfoldApp(example("example-one-region"));
    const data = app.node.findAll().find((construct) => construct instanceof DataStack) as DataStack;
    new Bucket(data, "Careless");
    const said: string[] = [];
    const { error, log } = console;
    console.error = console.log = (...parts: unknown[]) => void said.push(parts.join(" "));
    try {
      let thrown = "";
      try {
        app.synth();
      } catch (cause) {
        thrown = String(cause);
      }
      expect(`${said.join("\n")}${thrown}`).toMatch(/AwsSolutions-S1\b/);
      expect(`${said.join("\n")}${thrown}`).toMatch(/AwsSolutions-S10\b/);
    } finally {
      console.error = error;
      console.log = log;
    }
  });
});
