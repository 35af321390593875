import { describe, expect, test } from "vitest";
import { EnvironmentError, parseEnvironment, readEnvironment } from "../../lib/environment.ts";
import { exampleFile } from "./synthesized.ts";

// biome-ignore lint/suspicious/noExplicitAny: a file that may be wrong in any way
type File = any;

const refusal = (change: (file: File) => void): string => {
  const file = exampleFile("example-one-region") as File;
  change(file);
  try {
    parseEnvironment(file, "x.json");
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as Error).message;
  }
  throw new Error("accepted");
};

describe("an environment file", () => {
  test.each(["laptop", "example-one-region", "example-two-regions"])("%s is accepted", (name) => {
    expect(parseEnvironment(exampleFile(name), name).serviceName).toBe("penfold");
  });

  test.each<[fault: string, change: (file: File) => void, sentence: RegExp]>([
    ["no domains", (f) => delete f.domains, /^x\.json: "domains" is missing; accepted is a list of the domains that receive mail\.$/],
    ["an empty list of domains", (f) => (f.domains = []), /"domains" is \[\]; accepted is at least one domain/],
    [
      "a domain with capitals",
      (f) => (f.domains = ["Mail.Example.org"]),
      /"domains\[0\]" is "Mail\.Example\.org"; accepted is a domain name in lower case/,
    ],
    ["a domain twice", (f) => f.domains.push(f.domains[0]), /"domains\[1\]".*each domain once/],
    [
      "a domain outside the zone",
      (f) => f.domains.push("other.example"),
      /"domains\[1\]".*a domain in the hosted zone mail\.example\.org, or "hostedZone": "none"/,
    ],
    ["101 domains", (f) => (f.domains = Array.from({ length: 101 }, (_, i) => `d${i}.mail.example.org`)), /at most 100 domains/],
    ["no region", (f) => (f.regions = []), /"regions" is \[\]; accepted is one or two regions/],
    [
      "a region without SES receiving",
      (f) => (f.regions[0].name = "eu-south-2"),
      /"regions\[0\]\.name" is "eu-south-2"; accepted is a region where Amazon SES receives mail: .*eu-west-2/,
    ],
    ["a lone secondary", (f) => (f.regions[0].role = "secondary"), /"regions\[0\]\.role".*"primary" for the first region/],
    [
      "one region twice",
      (f) => f.regions.push({ name: "eu-west-2", role: "secondary", epoch: 2 }),
      /"regions\[1\]\.name".*a region other than the first/,
    ],
    [
      "the same epoch twice",
      (f) => f.regions.push({ name: "eu-west-1", role: "secondary", epoch: 1 }),
      /"regions\[1\]\.epoch" is 1; accepted is a whole number from 1 to 999999, different in each region/,
    ],
    ["an epoch of 0", (f) => (f.regions[0].epoch = 0), /"regions\[0\]\.epoch" is 0; accepted is a whole number from 1 to 999999/],
    ["an account number with a digit missing", (f) => (f.account = "11112222333"), /"account".*12 digits/],
    [
      "a certificate of another region",
      (f) => (f.web.certificateArn = f.web.certificateArn.replace("us-east-1", "eu-west-2")),
      /"web\.certificateArn".*us-east-1/,
    ],
    ["a webmail at the zone's own name", (f) => (f.web.domain = "mail.example.org"), /"web\.domain".*a name below the mail domain/],
    ["an origin with a path", (f) => (f.browserOrigins = ["https://a.example/x"]), /"browserOrigins\[0\]".*without a path/],
    ["any origin", (f) => (f.browserOrigins = ["*"]), /"browserOrigins\[0\]"/],
    ["the null origin", (f) => (f.browserOrigins = ["null"]), /"browserOrigins\[0\]"/],
    ["a pattern of origins", (f) => (f.browserOrigins = ["https://*.example"]), /"browserOrigins\[0\]"/],
    ["an origin without TLS", (f) => (f.browserOrigins = ["http://a.example"]), /"browserOrigins\[0\]".*http only for this machine/],
    ["pushes to loopback by another word", (f) => (f.pushToLoopback = "yes"), /"pushToLoopback" is "yes"; accepted is true .* or false/],
    [
      "a retention CloudWatch does not know",
      (f) => (f.retention.logDays = 8),
      /"retention\.logDays" is 8; accepted is one of the periods CloudWatch Logs knows: 1, 3, 5/,
    ],
    ["no alarm address", (f) => delete f.alarmAddress, /"alarmAddress" is missing; accepted is an e-mail address/],
    [
      "another policy for unknown recipients",
      (f) => (f.unknownRecipient = "reject"),
      /"unknownRecipient" is "reject"; accepted is one of "drop", "bounce"/,
    ],
    ["no choice about removal", (f) => delete f.removalProtection, /"removalProtection" is missing; accepted is true .* or false/],
    ["a setting that does not exist", (f) => (f.colour = "red"), /"colour" is not a setting/],
    ["a misspelt setting within another", (f) => (f.retention.logDay = 3), /"retention\.logDay" is not a setting/],
    ["a service name too long for bucket names", (f) => (f.serviceName = "a".repeat(21)), /"serviceName".*3 to 20 characters/],
    ["a hosted zone that is a number", (f) => (f.hostedZone = 3), /"hostedZone" is 3; accepted is "none", or an object/],
  ])("%s is refused in one sentence that names it", (_, change, sentence) => {
    expect(refusal(change)).toMatch(sentence);
  });

  test("that is not named, not there or not JSON is said to be so", () => {
    expect(() => readEnvironment(undefined)).toThrow(/give one with -c environment=/);
    expect(() => readEnvironment("config/none.json")).toThrow(/config\/none\.json cannot be read/);
    expect(() => readEnvironment("README.md")).toThrow(/README\.md is not JSON/);
  });
});
