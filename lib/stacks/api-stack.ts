import { RemovalPolicy } from "aws-cdk-lib";
import { CfnAccount } from "aws-cdk-lib/aws-apigateway";
import { CfnApi, CfnAuthorizer, CfnStage } from "aws-cdk-lib/aws-apigatewayv2";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledgeWildcard } from "../acknowledge.ts";
import { socketStage } from "../resource-names.ts";
import type { DataStack } from "./data-stack.ts";
import type { IdentityStack } from "./identity-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

export interface ApiStackProps extends PenfoldStackProps {
  readonly data: DataStack;
  readonly identity: IdentityStack;
}

/** Requests a second and burst of one region's API: ten times the busiest hour of a million mailboxes. */
const throttle = { throttlingRateLimit: 5_000, throttlingBurstLimit: 10_000 };

/** Fields of an access log line. No path or query: a download's query names a file. */
const accessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  at: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  octets: "$context.responseLength",
  error: "$context.error.messageString",
});

/**
 * The doors: the HTTP API with its token check and the WebSocket API. They hold no function, so their addresses are
 * known to the web distribution and to every function; the pipeline stack hangs the routes on them.
 */
export class ApiStack extends PenfoldStack {
  readonly httpApi: CfnApi;
  readonly socketApi: CfnApi;
  readonly tokenAuthorizerId: string;
  private readonly logsKeyArn: string;

  constructor(scope: Construct, props: ApiStackProps) {
    super(scope, "Api", "HTTP API and WebSocket API", props);
    this.logsKeyArn = props.data.keys.logs.keyArn;
    this.httpApi = this.createHttpApi();
    this.tokenAuthorizerId = new CfnAuthorizer(this, "TokenAuthorizer", {
      apiId: this.httpApi.ref,
      name: "access-token",
      authorizerType: "JWT",
      identitySource: ["$request.header.Authorization"],
      jwtConfiguration: {
        issuer: props.identity.issuer,
        audience: Object.values(props.identity.clientIds),
      },
    }).ref;
    this.socketApi = new CfnApi(this, "SocketApi", {
      name: `${this.settings.serviceName}-socket`,
      protocolType: "WEBSOCKET",
      routeSelectionExpression: "$request.body.action",
    });
    this.createStage("HttpStage", this.httpApi, "$default");
    const socket = this.createStage("SocketStage", this.socketApi, socketStage);
    // API Gateway writes WebSocket logs as this account-wide role.
    socket.addResourceDependency(this.createLogWriter());
  }

  /** Host name of the HTTP API. */
  get httpHost(): string {
    return this.hostOf(this.httpApi);
  }

  /** Host name of the WebSocket API; its paths begin with the stage. */
  get socketHost(): string {
    return this.hostOf(this.socketApi);
  }

  private hostOf(api: CfnApi): string {
    return `${api.ref}.execute-api.${this.region}.amazonaws.com`;
  }

  private createHttpApi(): CfnApi {
    const { web, publicEndpoint, browserOrigins } = this.settings;
    // The webmail is same-origin when clients come through the web distribution.
    const origins = [...(web && publicEndpoint === "api" ? [`https://${web.domain}`] : []), ...browserOrigins];
    return new CfnApi(this, "HttpApi", {
      name: `${this.settings.serviceName}-http`,
      protocolType: "HTTP",
      ...(origins.length > 0
        ? {
            corsConfiguration: {
              allowOrigins: origins,
              allowMethods: ["GET", "POST", "OPTIONS"],
              allowHeaders: ["authorization", "content-type", "last-event-id", "range"],
              // What a browser shows its page only when it is told to: how a file is named and cut, and when to come again.
              exposeHeaders: ["content-disposition", "content-range", "retry-after", "www-authenticate"],
              allowCredentials: false,
              maxAge: 3600,
            },
          }
        : {}),
    });
  }

  private createStage(id: string, api: CfnApi, stageName: string): CfnStage {
    const logGroup = new LogGroup(this, `${id}Logs`, {
      logGroupName: this.names.logGroup(id === "HttpStage" ? "http-api" : "socket-api"),
      retention: this.settings.retention.logDays,
      encryptionKey: Key.fromKeyArn(this, `${id}LogsKey`, this.logsKeyArn),
      removalPolicy: this.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    return new CfnStage(this, id, {
      apiId: api.ref,
      stageName,
      autoDeploy: true,
      defaultRouteSettings: { ...throttle, detailedMetricsEnabled: true },
      accessLogSettings: { destinationArn: logGroup.logGroupArn, format: accessLogFormat },
    });
  }

  private createLogWriter(): CfnAccount {
    const role = new Role(this, "LogWriterRole", {
      description: "API Gateway writes access logs",
      assumedBy: new ServicePrincipal("apigateway.amazonaws.com"),
      inlinePolicies: {
        logs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
              ],
              resources: ["*"],
            }),
          ],
        }),
      },
    });
    acknowledgeWildcard(role, "*", "API Gateway accepts the account-wide role only if it may write to any log group.");
    return new CfnAccount(this, "ApiGatewayAccount", { cloudWatchRoleArn: role.roleArn });
  }
}
