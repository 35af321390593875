/** What holds mail and people survives mistakes: its name in the template is fixed, and deleting a stack deletes none of it. */
import { describe, expect, test } from "vitest";
import { example, type Resource, synthesize, textOf } from "./synthesized.ts";

const one = synthesize(example("example-one-region"));
const two = synthesize(example("example-two-regions"));

const stateful = new Set(["AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Cognito::UserPool"]);
const named = (resources: readonly Resource[]): string[] =>
  resources
    .filter((resource) => stateful.has(resource.Type) || resource.Type === "AWS::Cognito::UserPoolClient")
    .map((resource) => `${resource.stack}/${resource.logicalId} ${resource.Type}`)
    .sort();

describe("stateful resources", { timeout: 180_000 }, () => {
  test("keep their logical ids: a changed one would replace what it names by something empty", () => {
    expect(named(one.resources)).toEqual([
      "PenfoldData/AccessLogsBucket AWS::S3::Bucket",
      "PenfoldData/AccountsTable AWS::DynamoDB::GlobalTable",
      "PenfoldData/ConnectionsTable AWS::DynamoDB::GlobalTable",
      "PenfoldData/DataKey AWS::KMS::Key",
      "PenfoldData/DirectoryTable AWS::DynamoDB::GlobalTable",
      "PenfoldData/LogsKey AWS::KMS::Key",
      "PenfoldData/MailBucket AWS::S3::Bucket",
      "PenfoldData/StateBucket AWS::S3::Bucket",
      "PenfoldData/TracesTable AWS::DynamoDB::GlobalTable",
      "PenfoldData/TransitKey AWS::KMS::Key",
      "PenfoldIdentity/MailProgramsClient AWS::Cognito::UserPoolClient",
      "PenfoldIdentity/UserPool AWS::Cognito::UserPool",
      "PenfoldIdentity/WebmailClient AWS::Cognito::UserPoolClient",
      "PenfoldWeb/WebBucket AWS::S3::Bucket",
    ]);
  });

  test("are the same in the laptop's template", () => {
    expect(named(synthesize(example("laptop")).resources)).toEqual(named(one.resources));
  });

  test.each(["one", "two"])("are retained when a stack or a resource is removed (%s)", (which) => {
    for (const resource of (which === "one" ? one : two).resources.filter(({ Type }) => stateful.has(Type))) {
      expect([resource.logicalId, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([resource.logicalId, "Retain", "Retain"]);
    }
  });

  test("lie in stacks that cannot be deleted by accident", () => {
    for (const [name, stack] of [...one.stacks, ...two.stacks]) expect([name, stack.terminationProtection]).toEqual([name, true]);
  });

  test("go with the stacks only where the environment says that it is a throw-away", () => {
    const { resources } = synthesize({ ...example("example-one-region"), removalProtection: false });
    for (const resource of resources.filter(({ Type }) => stateful.has(Type))) expect(resource.DeletionPolicy).toBe("Delete");
  });
});

describe("tables", () => {
  test.each([
    ["one region", one, ["eu-west-2"]],
    ["two regions", two, ["eu-west-1", "eu-west-2"]],
  ])("have a customer key, point-in-time recovery and deletion protection in %s", (_, synthesized, regions) => {
    const tables = synthesized.ofType("AWS::DynamoDB::GlobalTable");
    expect(tables).toHaveLength(4);
    for (const { Properties } of tables) {
      expect(Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: "KMS" });
      expect(Properties.BillingMode).toBe("PAY_PER_REQUEST");
      expect(Properties.KeySchema.map((key: { AttributeName: string }) => key.AttributeName)).toEqual(["pk", "sk"]);
      expect(Properties.Replicas.map((replica: { Region: string }) => replica.Region).sort()).toEqual(regions);
      for (const replica of Properties.Replicas) {
        expect(textOf(replica.SSESpecification.KMSMasterKeyId)).toMatch(/^DataKey\.Arn$|alias\/penfold-data$/);
        expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
        expect(replica.DeletionProtectionEnabled).toBe(true);
      }
    }
  });

  test("have the indexes, streams and expiry that the stores rely on", () => {
    const byId = new Map(one.ofType("AWS::DynamoDB::GlobalTable").map((table) => [table.logicalId, table.Properties]));
    expect(byId.get("AccountsTable").StreamSpecification.StreamViewType).toBe("NEW_IMAGE");
    expect(byId.get("DirectoryTable").TimeToLiveSpecification).toBeUndefined();
    for (const id of ["AccountsTable", "TracesTable", "ConnectionsTable"]) {
      expect(byId.get(id).TimeToLiveSpecification).toEqual({ AttributeName: "ttl", Enabled: true });
    }
    const keysOf = (index: { IndexName: string; KeySchema: { AttributeName: string }[] }) =>
      [index.IndexName, ...index.KeySchema.map((key) => key.AttributeName)].join(" ");
    expect(byId.get("TracesTable").GlobalSecondaryIndexes.map(keysOf)).toEqual([
      "byMessageId gmPk gmSk",
      "bySender gsPk gsSk",
      "byRecipient grPk grSk",
      "held ghPk ghSk",
    ]);
  });
});

describe("buckets", () => {
  const policies = new Map(
    one.ofType("AWS::S3::BucketPolicy").map((policy) => [textOf(policy.Properties.Bucket), policy.Properties.PolicyDocument.Statement]),
  );

  test.each(one.ofType("AWS::S3::Bucket").map((bucket) => [bucket.logicalId, bucket.Properties] as const))(
    "%s is closed to the public and to plain HTTP, and encrypted",
    (logicalId, properties) => {
      expect(Object.values(properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
      const rule = properties.BucketEncryption.ServerSideEncryptionConfiguration[0];
      const holdsMail = logicalId === "MailBucket" || logicalId === "StateBucket";
      expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm).toBe(holdsMail ? "aws:kms" : "AES256");
      if (holdsMail) {
        expect(textOf(rule.ServerSideEncryptionByDefault.KMSMasterKeyID)).toBe("DataKey.Arn");
        expect(rule.BucketKeyEnabled).toBe(true);
        expect(properties.VersioningConfiguration.Status).toBe("Enabled");
      }
      const denials = (policies.get(logicalId) as { Effect: string; Condition: unknown; Action: string }[]).filter(
        ({ Effect }) => Effect === "Deny",
      );
      expect(denials).toContainEqual(expect.objectContaining({ Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } }));
    },
  );

  test("only this account's receipt rule may have SES store mail", () => {
    const statement = (policies.get("MailBucket") as { Sid?: string }[]).find(({ Sid }) => Sid === "SesStoresMail");
    expect(statement).toMatchObject({
      Action: "s3:PutObject",
      Principal: { Service: "ses.amazonaws.com" },
      Condition: {
        StringEquals: {
          "aws:SourceAccount": "111122223333",
          "aws:SourceArn": "arn:aws:ses:eu-west-2:111122223333:receipt-rule-set/penfold-inbound:receipt-rule/receive",
        },
      },
    });
  });

  test("of two regions copy to each other within 15 minutes", () => {
    const primary = two
      .ofType("AWS::S3::Bucket")
      .filter(({ stack, logicalId }) => stack === "PenfoldData-eu-west-2" && /^(Mail|State)/.test(logicalId));
    for (const { Properties } of primary) {
      const [rule] = Properties.ReplicationConfiguration.Rules;
      expect(rule.Destination.Bucket).toMatch(/-eu-west-1$/);
      expect(rule.Destination.ReplicationTime).toEqual({ Status: "Enabled", Time: { Minutes: 15 } });
      expect(rule.Destination.EncryptionConfiguration.ReplicaKmsKeyID).toBe("arn:aws:kms:eu-west-1:111122223333:alias/penfold-data");
    }
    expect(two.ofType("Custom::BucketReplication").map(({ stack }) => stack)).toEqual(["PenfoldData-eu-west-2", "PenfoldData-eu-west-2"]);
  });
});

describe("keys and people", () => {
  test("keys rotate", () => {
    for (const { Properties } of [...one.ofType("AWS::KMS::Key"), ...two.ofType("AWS::KMS::Key")])
      expect(Properties.EnableKeyRotation).toBe(true);
  });

  test("T08, T10: nobody signs themselves up, and nobody but an administrator changes an address", () => {
    const [pool] = one.ofType("AWS::Cognito::UserPool");
    expect(pool?.Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(true);
    expect(pool?.Properties.DeletionProtection).toBe("ACTIVE");
    expect(pool?.Properties.UserPoolTier).toBe("ESSENTIALS");
    expect(pool?.Properties.EnabledMfas).toEqual(["SOFTWARE_TOKEN_MFA"]);
    expect(pool?.Properties.Policies.PasswordPolicy.MinimumLength).toBe(12);
    for (const { Properties } of one.ofType("AWS::Cognito::UserPoolClient")) {
      expect(Properties.ExplicitAuthFlows).toEqual(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
      expect(Properties.WriteAttributes).toEqual(["locale"]);
      expect(Properties.GenerateSecret).toBe(false);
      expect(Properties.PreventUserExistenceErrors).toBe("ENABLED");
      expect(Properties.EnableTokenRevocation).toBe(true);
    }
  });

  test("the second region signs in against the pool's replica, under one issuer", () => {
    expect(two.ofType("AWS::Cognito::UserPool")).toHaveLength(1);
    expect(two.ofType("AWS::Cognito::UserPoolReplica").map(({ Properties }) => Properties.RegionName)).toEqual(["eu-west-1"]);
    const issuers = two
      .ofType("AWS::ApiGatewayV2::Authorizer")
      .flatMap(({ Properties }) => (Properties.JwtConfiguration ? [textOf(Properties.JwtConfiguration.Issuer)] : []));
    expect(issuers).toHaveLength(2);
    for (const issuer of issuers) expect(issuer).toMatch(/^https:\/\/issuer-cognito-idp\.eu-west-2\.amazonaws\.com\//);
  });
});
