import { describe, expect, it } from "vitest";
import { Authority } from "../../../local/iam/authority.ts";
import { PolicyStore } from "../../../local/iam/policy-store.ts";
import type { IamCheck, Identity, PolicyDocument, PolicyStatement, TemplateResource } from "../../../local/service.ts";

const accountId = "000000000000";
const queue = "arn:aws:sqs:eu-west-2:000000000000:work";
const table = "arn:aws:dynamodb:eu-west-2:000000000000:table/accounts";
const keyArn = "arn:aws:kms:eu-west-2:000000000000:key/1";
const roleIdentity: Identity = { kind: "role", accessKeyId: "ASIA", roleName: "r", arn: `arn:aws:sts::${accountId}:assumed-role/r/f` };

async function authorityWith(statements: readonly PolicyStatement[], keyPolicy?: PolicyDocument): Promise<Authority> {
  const store = new PolicyStore(accountId);
  const resource = {
    stack: "Test",
    logicalId: "Role",
    type: "AWS::IAM::Role",
    properties: { RoleName: "r", Policies: [{ PolicyDocument: { Statement: statements } }] },
    physicalName: () => "r",
    stableId: () => "x",
  } as TemplateResource;
  await store.resources["AWS::IAM::Role"]!.create(resource);
  if (keyPolicy) store.setKeyPolicy(keyArn, keyPolicy);
  return new Authority(store, { accountId, region: "eu-west-2" });
}

const allow = (Action: string | string[], Resource: string | string[], more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const deny = (Action: string, Resource: string, more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: "Deny",
  Action,
  Resource,
  ...more,
});
const ask = (action: string, resource: string, more: Partial<IamCheck> = {}): IamCheck => ({ action, resource, ...more });

/** IAM user guide: "Policy evaluation logic", "IAM JSON policy elements". Each row: what the role's policies say, the question, the answer. */
const cases: [name: string, statements: PolicyStatement[], check: IamCheck, allowed: boolean][] = [
  ["nothing allowed", [], ask("sqs:SendMessage", queue), false],
  ["the very action and resource", [allow("sqs:SendMessage", queue)], ask("sqs:SendMessage", queue), true],
  ["another action", [allow("sqs:SendMessage", queue)], ask("sqs:ReceiveMessage", queue), false],
  ["another resource", [allow("sqs:SendMessage", queue)], ask("sqs:SendMessage", `${queue}-dlq`), false],
  ["a wildcard action, whatever its case", [allow("SQS:send*", queue)], ask("sqs:SendMessage", queue), true],
  ["a wildcard resource", [allow("sqs:SendMessage", "arn:aws:sqs:*:*:wor?")], ask("sqs:SendMessage", queue), true],
  ["a list of resources", [allow("sqs:SendMessage", ["arn:aws:sqs:a:b:c", queue])], ask("sqs:SendMessage", queue), true],
  ["an explicit deny wins", [allow("sqs:*", "*"), deny("sqs:SendMessage", queue)], ask("sqs:SendMessage", queue), false],
  ["NotAction", [{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }], ask("sqs:SendMessage", queue), true],
  ["NotAction leaves out", [{ Effect: "Allow", NotAction: "sqs:*", Resource: "*" }], ask("sqs:SendMessage", queue), false],
  ["NotResource leaves out", [{ Effect: "Allow", Action: "sqs:*", NotResource: queue }], ask("sqs:SendMessage", queue), false],
  [
    "leading keys that all match",
    [allow("dynamodb:PutItem", table, { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["A#*"] } } })],
    ask("dynamodb:PutItem", table, { context: { "dynamodb:LeadingKeys": ["A#1", "A#2"] } }),
    true,
  ],
  [
    "leading keys of which one does not match",
    [allow("dynamodb:PutItem", table, { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["A#*"] } } })],
    ask("dynamodb:PutItem", table, { context: { "dynamodb:LeadingKeys": ["A#1", "B#2"] } }),
    false,
  ],
  [
    "a condition whose key is absent",
    [allow("s3:PutObject", "*", { Condition: { StringEquals: { "s3:x-amz-acl": "private" } } })],
    ask("s3:PutObject", "x"),
    false,
  ],
  [
    "IfExists with an absent key",
    [allow("s3:PutObject", "*", { Condition: { StringEqualsIfExists: { "s3:x-amz-acl": "private" } } })],
    ask("s3:PutObject", "x"),
    true,
  ],
  [
    "insecure transport denied, this one counts as secure",
    [allow("s3:*", "*"), deny("s3:*", "*", { Condition: { Bool: { "aws:SecureTransport": "false" } } })],
    ask("s3:GetObject", "x"),
    true,
  ],
  [
    "the resource's policy allows the role",
    [],
    ask("sqs:SendMessage", queue, {
      resourcePolicy: { Statement: { ...allow("sqs:SendMessage", queue), Principal: { AWS: `arn:aws:iam::${accountId}:role/r` } } },
    }),
    true,
  ],
  [
    "the resource's policy allows another role",
    [],
    ask("sqs:SendMessage", queue, {
      resourcePolicy: { Statement: { ...allow("sqs:SendMessage", queue), Principal: { AWS: `arn:aws:iam::${accountId}:role/s` } } },
    }),
    false,
  ],
  [
    "the resource's policy denies everyone",
    [allow("sqs:*", "*")],
    ask("sqs:SendMessage", queue, { resourcePolicy: { Statement: { ...deny("sqs:*", "*"), Principal: "*" } } }),
    false,
  ],
];

describe("what a role may do", () => {
  it.each(cases)("%s", async (_name, statements, check, allowed) => {
    const authority = await authorityWith(statements);
    expect(authority.decide(roleIdentity, [check]).allowed).toBe(allowed);
  });

  it("asks every check of a call and names the first refused", async () => {
    const authority = await authorityWith([allow("sqs:SendMessage", queue)]);
    const decision = authority.decide(roleIdentity, [ask("sqs:SendMessage", queue), ask("kms:Decrypt", keyArn)]);
    expect(decision).toMatchObject({ allowed: false, action: "kms:Decrypt" });
  });
});

describe("customer keys", () => {
  const delegating: PolicyDocument = {
    Statement: { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: "kms:*", Resource: "*" },
  };
  const forSns: PolicyDocument = {
    Statement: {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: "*",
      Condition: { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:*:inbound" } },
    },
  };

  it("need the identity's right as well when the key's policy hands the question to the account", async () => {
    expect((await authorityWith([], delegating)).decide(roleIdentity, [ask("kms:Decrypt", keyArn)]).allowed).toBe(false);
    expect(
      (await authorityWith([allow("kms:Decrypt", keyArn)], delegating)).decide(roleIdentity, [ask("kms:Decrypt", keyArn)]).allowed,
    ).toBe(true);
  });

  it("refuse a role whose right the key's policy does not let count", async () => {
    expect((await authorityWith([allow("kms:*", "*")], forSns)).decide(roleIdentity, [ask("kms:Decrypt", keyArn)]).allowed).toBe(false);
  });

  it("admit a service for the resource that the policy names, and for no other", async () => {
    const authority = await authorityWith([], forSns);
    const may = (topic: string) =>
      authority.allowsService(
        { service: "sns.amazonaws.com", sourceArn: `arn:aws:sns:eu-west-2:${accountId}:${topic}` },
        ask("kms:GenerateDataKey", keyArn),
      );
    expect([may("inbound"), may("other")]).toEqual([true, false]);
  });
});
