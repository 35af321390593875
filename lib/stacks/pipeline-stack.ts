import { Duration, Stack } from "aws-cdk-lib";
import { CfnAuthorizer, CfnIntegration, CfnRoute } from "aws-cdk-lib/aws-apigatewayv2";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as FunctionTarget } from "aws-cdk-lib/aws-events-targets";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnEventInvokeConfig, CfnEventSourceMapping, CfnPermission } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { QueueName, Stage } from "../../core/stages.ts";
import { acknowledge } from "../acknowledge.ts";
import type { Bundles } from "../bundles.ts";
import { PenfoldFunction } from "../constructs/penfold-function.ts";
import { consumeStatements, deadLetterStatements, type GrantableResources } from "../constructs/stage-grants.ts";
import { deadLetterQueue, StageQueue } from "../constructs/stage-queue.ts";
import { socketStage } from "../resource-names.ts";
import { httpRoutes, socketRoutes } from "../routes.ts";
import { allStages, inboundQueues, pascal, queueStages } from "../stage-plan.ts";
import type { ApiStack } from "./api-stack.ts";
import type { DataStack } from "./data-stack.ts";
import type { IdentityStack } from "./identity-stack.ts";
import type { InboundStack } from "./inbound-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

export interface PipelineStackProps extends PenfoldStackProps {
  readonly data: DataStack;
  readonly identity: IdentityStack;
  readonly inbound: InboundStack;
  readonly api: ApiStack;
  readonly bundles: Bundles;
  /** Where clients find the service, as the JMAP session tells them. */
  readonly addresses: { readonly publicUrl: string; readonly socketUrl: string; readonly allowedOrigins: readonly string[] };
}

/** Functions that one queue may run at once: what a million mailboxes' busiest hour needs, tenfold. */
const queueConcurrency = 100;

/** Every function of the stage table, and what drives each: queues, the account log's stream, the clock, the APIs. */
export class PipelineStack extends PenfoldStack {
  readonly queues: Readonly<Partial<Record<QueueName, StageQueue>>>;
  /** Dead-letter queues that belong to no stage queue: of the stream reader and of scheduled functions. */
  readonly otherDeadLetters: Readonly<Record<string, Queue>>;
  readonly functions: ReadonlyMap<string, PenfoldFunction>;
  private readonly parts: PipelineStackProps;

  constructor(scope: Construct, props: PipelineStackProps) {
    super(scope, "Pipeline", "functions, queues and their wiring", props);
    this.parts = props;
    this.queues = { ...props.inbound.queues, ...this.createQueues() };
    const resources = this.grantable();
    this.functions = new Map(
      allStages.map((stage) => [
        stage.name,
        new PenfoldFunction(this, pascal(stage.name), {
          stage,
          bundle: props.bundles.get(stage.name) as string,
          resources,
          variables: this.variablesOf(stage),
          logsKeyArn: props.data.keys.logs.keyArn,
        }),
      ]),
    );
    const others: Record<string, Queue> = {};
    for (const stage of allStages) this.drive(stage, resources, others);
    this.otherDeadLetters = others;
  }

  private createQueues(): Partial<Record<QueueName, StageQueue>> {
    const own = queueStages.filter((stage) => !inboundQueues.has(stage.trigger.queue));
    return Object.fromEntries(
      own.map((stage) => [
        stage.trigger.queue,
        new StageQueue(this, `${pascal(stage.trigger.queue)}Queue`, {
          queue: stage.trigger.queue,
          keyArn: this.parts.data.keys.transit.keyArn,
          timeoutSeconds: stage.timeoutSeconds,
          maxReceives: stage.trigger.maxReceives,
        }),
      ]),
    );
  }

  private grantable(): GrantableResources {
    const { data, api } = this.parts;
    const { mail, state } = data.stores;
    return {
      region: this.region,
      tables: data.tableReferences(this),
      accountsStreamArn: data.accountsStreamArn(this),
      buckets: {
        mail: { bucketName: mail.bucketName, bucketArn: this.bucketArn("mail") },
        state: { bucketName: state.bucketName, bucketArn: this.bucketArn("state") },
      },
      queues: Object.fromEntries(Object.entries(this.queues).map(([name, { queue }]) => [name, queue])),
      keys: { data: data.keys.data.keyArn, transit: data.keys.transit.keyArn },
      sending: {
        identityArns: this.settings.domains.map((domain) => this.arn("ses", `identity/${domain}`)),
        configurationSet: this.names.configurationSet(),
        configurationSetArn: this.arn("ses", `configuration-set/${this.names.configurationSet()}`),
      },
      sockets: {
        endpoint: `https://${api.socketHost}/${socketStage}`,
        postArn: this.arn("execute-api", `${Stack.of(api).exportValue(api.socketApi.ref)}/${socketStage}/POST/@connections/*`),
      },
    };
  }

  private variablesOf(stage: Stage): Record<string, string> {
    const { identity } = this.parts;
    const { publicUrl, socketUrl, allowedOrigins } = this.parts.addresses;
    const settings = {
      domains: { MAIL_DOMAINS: this.settings.domains.join(",") },
      policy: { UNKNOWN_RECIPIENT: this.settings.unknownRecipient },
      signIn: {
        USER_POOL_ISSUER: identity.issuer,
        USER_POOL_CLIENT_IDS: Object.values(identity.clientIds).join(","),
      },
      addresses: { PUBLIC_URL: publicUrl, SOCKET_URL: socketUrl, ALLOWED_ORIGINS: allowedOrigins.join(",") },
      push: { PUSH_LOOPBACK: this.settings.pushToLoopback ? "allow" : "refuse" },
    };
    return Object.assign({}, ...stage.settings.map((setting) => settings[setting]));
  }

  private drive(stage: Stage, resources: GrantableResources, deadLetters: Record<string, Queue>): void {
    const runs = this.functions.get(stage.name) as PenfoldFunction;
    const { trigger } = stage;
    switch (trigger.kind) {
      case "queue":
        this.driveByQueue(stage, runs, trigger.queue, trigger.batchSize, resources);
        return;
      case "stream":
        deadLetters[stage.name] = this.driveByStream(stage, runs, trigger.batchSize, resources);
        return;
      case "schedule":
        deadLetters[stage.name] = this.driveBySchedule(stage, runs, trigger.everyMinutes, resources);
        return;
      case "http":
        this.driveByHttp(stage, runs);
        return;
      case "socket":
        this.driveBySocket(runs);
        return;
      case "socketAuthoriser":
        return;
    }
  }

  private driveByQueue(stage: Stage, runs: PenfoldFunction, name: QueueName, batchSize: number, resources: GrantableResources): void {
    const { queueArn } = (this.queues[name] as StageQueue).queue;
    runs.allow(consumeStatements(queueArn, resources));
    const mapping = new CfnEventSourceMapping(this, `${pascal(stage.name)}FromQueue`, {
      functionName: runs.function.functionName,
      eventSourceArn: queueArn,
      batchSize,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: queueConcurrency },
    });
    mapping.node.addDependency(runs.role);
    const reason = "SQS sources have no on-failure destination: failed jobs go to the queue's own dead-letter queue.";
    acknowledge(mapping, reason, "Serverless-LambdaEventSourceMappingDestination");
  }

  private driveByStream(stage: Stage, runs: PenfoldFunction, batchSize: number, resources: GrantableResources): Queue {
    const failed = this.deadLetters(stage);
    runs.allow(deadLetterStatements(failed.queueArn, resources));
    const mapping = new CfnEventSourceMapping(this, `${pascal(stage.name)}FromStream`, {
      functionName: runs.function.functionName,
      eventSourceArn: resources.accountsStreamArn,
      startingPosition: "TRIM_HORIZON",
      batchSize,
      parallelizationFactor: 4,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 10,
      maximumRecordAgeInSeconds: 6 * 3600,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // New log entries only; email items, threads and pointers pass by unbilled.
      filterCriteria: {
        filters: [{ pattern: JSON.stringify({ eventName: ["INSERT"], dynamodb: { Keys: { sk: { S: [{ prefix: "L#" }] } } } }) }],
      },
      destinationConfig: { onFailure: { destination: failed.queueArn } },
    });
    mapping.node.addDependency(runs.role);
    return failed;
  }

  private driveBySchedule(stage: Stage, runs: PenfoldFunction, everyMinutes: number, resources: GrantableResources): Queue {
    const failed = this.deadLetters(stage);
    runs.allow(deadLetterStatements(failed.queueArn, resources));
    new CfnEventInvokeConfig(this, `${pascal(stage.name)}OnFailure`, {
      functionName: runs.function.functionName,
      qualifier: "$LATEST",
      maximumRetryAttempts: 1,
      maximumEventAgeInSeconds: everyMinutes * 60,
      destinationConfig: { onFailure: { destination: failed.queueArn } },
    }).node.addDependency(runs.role);
    new Rule(this, `${pascal(stage.name)}Schedule`, {
      description: stage.purpose,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: [
        new FunctionTarget(runs.function, { deadLetterQueue: failed, retryAttempts: 2, maxEventAge: Duration.minutes(everyMinutes) }),
      ],
    });
    return failed;
  }

  private deadLetters(stage: Stage): Queue {
    const scope = new Construct(this, `${pascal(stage.name)}Failures`);
    return deadLetterQueue(scope, this, stage.name, Key.fromKeyArn(scope, "Key", this.parts.data.keys.transit.keyArn));
  }

  private driveByHttp(stage: Stage, runs: PenfoldFunction): void {
    const { api } = this.parts;
    const integration = new CfnIntegration(this, `${pascal(stage.name)}Integration`, {
      apiId: api.httpApi.ref,
      integrationType: "AWS_PROXY",
      integrationUri: runs.function.functionArn,
      payloadFormatVersion: "2.0",
      timeoutInMillis: 30_000,
    });
    this.admitApi(runs, "HttpApiInvokes", `${api.httpApi.ref}/*/*`);
    for (const route of httpRoutes.filter((candidate) => candidate.stage === stage.name)) {
      const open = "open" in route;
      const made = new CfnRoute(
        this,
        `Route${route.routeKey
          .replace(/[^A-Za-z]+/g, " ")
          .split(" ")
          .map(pascal)
          .join("")}`,
        {
          apiId: api.httpApi.ref,
          routeKey: route.routeKey,
          target: `integrations/${integration.ref}`,
          ...(open ? { authorizationType: "NONE" } : { authorizationType: "JWT", authorizerId: api.tokenAuthorizerId }),
        },
      );
      if (open) acknowledge(made, route.open, "AwsSolutions-APIG4");
    }
  }

  private driveBySocket(runs: PenfoldFunction): void {
    const { socketApi } = this.parts.api;
    const authoriser = [...this.functions].find(([name]) =>
      allStages.some((s) => s.name === name && s.trigger.kind === "socketAuthoriser"),
    )?.[1];
    if (authoriser === undefined) throw new Error("core/stages.ts has a socket stage but no socketAuthoriser.");
    const authorizer = new CfnAuthorizer(this, "SocketAuthorizer", {
      apiId: socketApi.ref,
      name: "token-or-ticket",
      authorizerType: "REQUEST",
      authorizerUri: invocationUri(this.region, authoriser.function.functionArn),
    });
    this.admitApi(authoriser, "SocketApiAuthorises", `${socketApi.ref}/authorizers/${authorizer.ref}`);
    this.admitApi(runs, "SocketApiInvokes", `${socketApi.ref}/${socketStage}/*`);
    const integration = new CfnIntegration(this, "SocketIntegration", {
      apiId: socketApi.ref,
      integrationType: "AWS_PROXY",
      integrationUri: invocationUri(this.region, runs.function.functionArn),
    });
    for (const routeKey of socketRoutes) {
      const route = new CfnRoute(this, `Socket${pascal(routeKey.slice(1))}`, {
        apiId: socketApi.ref,
        routeKey,
        target: `integrations/${integration.ref}`,
        ...(routeKey === "$connect" ? { authorizationType: "CUSTOM", authorizerId: authorizer.ref } : { authorizationType: "NONE" }),
      });
      if (routeKey !== "$connect") {
        const reason = "API Gateway authorises a WebSocket once, at $connect; later frames come over the connection it admitted.";
        acknowledge(route, reason, "AwsSolutions-APIG4");
      }
    }
  }

  private admitApi(runs: PenfoldFunction, id: string, apiResource: string): void {
    new CfnPermission(this, id, {
      action: "lambda:InvokeFunction",
      functionName: runs.function.functionArn,
      principal: "apigateway.amazonaws.com",
      sourceArn: this.arn("execute-api", apiResource),
    });
  }
}

const invocationUri = (region: string, functionArn: string): string =>
  `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
