/** Nothing that carries mail can fail in silence, and nothing is left unwired. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Stage, stages } from "../../core/stages.ts";
import { projectPath } from "../../lib/project-path.ts";
import { httpRoutes } from "../../lib/routes.ts";
import { example, synthesize, textOf } from "./synthesized.ts";

const synthesized = synthesize(example("example-one-region"));
const all: readonly Stage[] = stages;
const queues = synthesized.ofType("AWS::SQS::Queue");
const nameOf = (queue: { Properties: { QueueName: string } }): string => queue.Properties.QueueName;
const functions = new Map(
  synthesized.ofType("AWS::Lambda::Function").map((made) => [made.Properties.FunctionName as string | undefined, made]),
);
const alarmed = new Map(
  synthesized
    .ofType("AWS::CloudWatch::Alarm")
    .map(({ Properties }) => [
      `${Properties.MetricName} ${(Properties.Dimensions ?? []).map((dimension: { Value: unknown }) => textOf(dimension.Value)).join(" ")}`.trim(),
      Properties,
    ]),
);

describe("queues", () => {
  test.each(queues.map((queue) => [nameOf(queue), queue.Properties] as const))(
    "%s is encrypted with our key, closed to plain HTTP and watched",
    (name, properties) => {
      expect(textOf(properties.KmsMasterKeyId)).toMatch(/TransitKey/);
      const policies = synthesized
        .ofType("AWS::SQS::QueuePolicy")
        .filter((policy) =>
          policy.Properties.Queues.some((reference: unknown) =>
            queues.some((queue) => nameOf(queue) === name && textOf(reference) === queue.logicalId),
          ),
        );
      const statements = policies.flatMap((policy) => policy.Properties.PolicyDocument.Statement);
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      );
      if (name.endsWith("-dlq")) {
        expect(properties.MessageRetentionPeriod).toBe(14 * 86_400);
        expect(alarmed.get(`ApproximateNumberOfMessagesVisible ${name}`)?.Threshold).toBe(1);
        return;
      }
      const target = queues.find((queue) => `${queue.logicalId}.Arn` === textOf(properties.RedrivePolicy.deadLetterTargetArn));
      expect(target && nameOf(target)).toBe(`${name}-dlq`);
      expect(alarmed.has(`ApproximateAgeOfOldestMessage ${name}`)).toBe(true);
      const stage = all.find(({ trigger }) => trigger.kind === "queue" && `penfold-${trigger.queue}` === name);
      expect(properties.VisibilityTimeout).toBe(6 * (stage?.timeoutSeconds ?? 0));
      expect(properties.RedrivePolicy.maxReceiveCount).toBe(stage?.trigger.kind === "queue" ? stage.trigger.maxReceives : 0);
    },
  );
});

describe("what operators are given", () => {
  const dlqs = queues.map(nameOf).filter((name) => name.endsWith("-dlq"));

  test("the dashboard shows every queue and every function", () => {
    const [dashboard] = synthesized.ofType("AWS::CloudWatch::Dashboard");
    const body = textOf(dashboard?.Properties.DashboardBody);
    expect(queues.map(nameOf).filter((name) => name.startsWith("penfold-") && !body.includes(`"${name}"`))).toEqual([]);
    expect(all.map(({ name }) => name).filter((name) => !body.includes(`"penfold-${name}"`))).toEqual([]);
  });

  test("the runbook says of every dead-letter queue what waits in it", () => {
    const runbook = readFileSync(projectPath("docs/runbooks/dead-letter-queues.md"), "utf8");
    const rows = [...runbook.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => `penfold-${name}-dlq`);
    expect(dlqs.filter((name) => !rows.includes(name))).toEqual([]);
    expect(rows.filter((name) => !dlqs.includes(name))).toEqual([]);
  });
});

describe("functions", () => {
  test.each(all.map((stage) => [stage.name, stage] as const))("%s runs as its row of the stage table says", (name, stage) => {
    const made = functions.get(`penfold-${name}`)?.Properties;
    expect(made).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: stage.timeoutSeconds,
      MemorySize: stage.memoryMegabytes,
      TracingConfig: { Mode: "Active" },
    });
    expect(made.Environment.Variables).toMatchObject({ SERVICE_NAME: "penfold", EPOCH: "1", LOG_LEVEL: "INFO" });
    expect(alarmed.has(`Errors penfold-${name}`)).toBe(stage.trigger.kind !== "socketAuthoriser");
    expect(alarmed.has(`Throttles penfold-${name}`)).toBe(true);
    const group = synthesized.ofType("AWS::Logs::LogGroup").find(({ logicalId }) => logicalId === textOf(made.LoggingConfig.LogGroup));
    expect(group?.Properties.RetentionInDays).toBe(90);
    expect(textOf(group?.Properties.KmsKeyId)).toMatch(/LogsKey/);
  });

  test("each is driven by what its row says, with partial batch answers", () => {
    const mappings = synthesized.ofType("AWS::Lambda::EventSourceMapping");
    const drivenByEvents = all.filter(({ trigger }) => trigger.kind === "queue" || trigger.kind === "stream");
    expect(mappings).toHaveLength(drivenByEvents.length);
    for (const { Properties } of mappings) expect(Properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
    const stream = mappings.find(({ Properties }) => Properties.StartingPosition !== undefined)?.Properties;
    expect(stream).toMatchObject({ StartingPosition: "TRIM_HORIZON", BisectBatchOnFunctionError: true });
    expect(textOf(stream.DestinationConfig.OnFailure.Destination)).toMatch(/DeadLetters/);
    expect(stream.FilterCriteria.Filters).toHaveLength(1);
    expect(alarmed.has("IteratorAge penfold-notify")).toBe(true);
    expect(synthesized.ofType("AWS::Events::Rule")).toHaveLength(all.filter(({ trigger }) => trigger.kind === "schedule").length);
  });
});

describe("the edges", () => {
  test("every HTTP route but autodiscovery wants an access token", () => {
    const routes = synthesized.ofType("AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties);
    for (const { routeKey, ...rest } of httpRoutes) {
      const route = routes.find((candidate) => candidate.RouteKey === routeKey);
      expect([routeKey, route?.AuthorizationType]).toEqual([routeKey, "open" in rest ? "NONE" : "JWT"]);
    }
    expect(routes.find(({ RouteKey }) => RouteKey === "$connect").AuthorizationType).toBe("CUSTOM");
  });

  // RFC 8620 §8.1, RFC 8887 §5.1.
  test("nobody reaches the service without TLS 1.2, and the edge reaches the API so too", () => {
    const distributions = synthesized.ofType("AWS::CloudFront::Distribution").map(({ Properties }) => Properties.DistributionConfig);
    expect(distributions.length).toBeGreaterThan(0);
    for (const { CacheBehaviors = [], DefaultCacheBehavior, Origins, ViewerCertificate } of distributions) {
      for (const { PathPattern, ViewerProtocolPolicy } of [...CacheBehaviors, DefaultCacheBehavior])
        expect(ViewerProtocolPolicy, PathPattern).toMatch(/jmap/.test(PathPattern) ? /^https-only$/ : /^(https-only|redirect-to-https)$/);
      for (const { CustomOriginConfig } of Origins)
        if (CustomOriginConfig)
          expect(CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: "https-only", OriginSSLProtocols: ["TLSv1.2"] });
      expect(ViewerCertificate.MinimumProtocolVersion).toMatch(/^TLSv1\.2/);
    }
  });

  test("received mail goes from SES to the bucket and, by topic, to the parse queue", () => {
    const [rule] = synthesized.ofType("AWS::SES::ReceiptRule");
    expect(rule?.Properties.Rule).toMatchObject({
      Recipients: ["mail.example.org"],
      Enabled: true,
      ScanEnabled: true,
      TlsPolicy: "Optional",
    });
    const [action, ...others] = rule?.Properties.Rule.Actions ?? [];
    expect(others).toEqual([]);
    expect(action.S3Action).toMatchObject({ ObjectKeyPrefix: "inbound/" });
    const subscriptions = synthesized.ofType("AWS::SNS::Subscription").filter(({ Properties }) => Properties.Protocol === "sqs");
    expect(subscriptions).toHaveLength(2);
    for (const { Properties } of subscriptions)
      expect(Properties).toMatchObject({ RawMessageDelivery: true, RedrivePolicy: expect.anything() });
    expect(synthesized.ofType("Custom::ActiveReceiptRuleSet")).toHaveLength(1);
    for (const metric of ["PublishFailure", "PublishExpired"]) expect(alarmed.has(`${metric} receive`)).toBe(true);
  });

  test("SES tells about every message that left", () => {
    const [destination] = synthesized.ofType("AWS::SES::ConfigurationSetEventDestination");
    expect(destination?.Properties.EventDestination.MatchingEventTypes).toEqual([
      "SEND",
      "REJECT",
      "BOUNCE",
      "COMPLAINT",
      "DELIVERY",
      "DELIVERY_DELAY",
    ]);
    for (const metric of ["Reputation.BounceRate", "Reputation.ComplaintRate"]) expect(alarmed.has(metric)).toBe(true);
  });

  test("new mail, submissions and uploads are scanned for malware, and the verdict is a tag", () => {
    const [plan] = synthesized.ofType("AWS::GuardDuty::MalwareProtectionPlan");
    expect(plan?.Properties.Actions.Tagging.Status).toBe("ENABLED");
    expect(plan?.Properties.ProtectedResource.S3Bucket.ObjectPrefixes).toEqual(["inbound/", "submitted/", "upload/"]);
  });

  test("H06: no page may frame the webmail, which may run its own scripts and reach its own service, nothing else", () => {
    const [headers] = synthesized.ofType("AWS::CloudFront::ResponseHeadersPolicy");
    const security = headers?.Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig;
    const policy = textOf(security.ContentSecurityPolicy.ContentSecurityPolicy);
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "object-src 'none'",
    ]) {
      expect(policy).toContain(directive);
    }
    // Only a message's own style attributes are inline; no directive names everything.
    expect(policy.replace("style-src-attr 'unsafe-inline'", "")).not.toMatch(/unsafe|\*/);
    expect(security.StrictTransportSecurity.AccessControlMaxAgeSec).toBeGreaterThan(31_536_000);
    expect(security.ReferrerPolicy.ReferrerPolicy).toBe("no-referrer");
  });

  test("alarms reach the address that the environment names", () => {
    const byMail = synthesized.ofType("AWS::SNS::Subscription").filter(({ Properties }) => Properties.Protocol === "email");
    expect(byMail.map(({ Properties }) => Properties.Endpoint)).toEqual(["mail-operations@example.org"]);
    for (const properties of alarmed.values()) expect(properties.AlarmActions).toHaveLength(1);
  });
});
