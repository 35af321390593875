import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Stage } from "../../core/stages.ts";
import { acknowledge, acknowledgeWildcard } from "../acknowledge.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { type Allowance, type GrantableResources, grantOutcome } from "./stage-grants.ts";

export interface PenfoldFunctionProps {
  readonly stage: Stage;
  /** Folder with the bundled index.js. */
  readonly bundle: string;
  readonly resources: GrantableResources;
  /** Variables of the stage's settings; those of its grants are added here. */
  readonly variables: Readonly<Record<string, string>>;
  readonly logsKeyArn: string;
}

/** One function of the stage table with a log group and a role of its own, holding exactly the stage's grants. */
export class PenfoldFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  private readonly held = new Map<string, PolicyStatement>();

  constructor(stack: PenfoldStack, id: string, props: PenfoldFunctionProps) {
    super(stack, id);
    const { stage } = props;
    const outcomes = stage.grants.map((grant) => grantOutcome(grant, props.resources));
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: stack.names.logGroup(stage.name),
      retention: stack.settings.retention.logDays,
      encryptionKey: Key.fromKeyArn(this, "LogsKey", props.logsKeyArn),
      removalPolicy: stack.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      description: `Penfold ${stage.name}: ${stage.grants.join(", ")}`,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    logGroup.grantWrite(this.role);
    for (const outcome of outcomes) this.allow(outcome.statements);
    this.function = new LambdaFunction(this, "Function", {
      functionName: stack.names.function(stage.name),
      description: stage.purpose,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle),
      handler: "index.handler",
      role: this.role,
      timeout: Duration.seconds(stage.timeoutSeconds),
      memorySize: stage.memoryMegabytes,
      tracing: Tracing.ACTIVE,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        SERVICE_NAME: stack.settings.serviceName,
        EPOCH: String(stack.place.epoch),
        LOG_LEVEL: stack.settings.logLevel,
        ...Object.assign({}, ...outcomes.map((outcome) => outcome.variables)),
        ...props.variables,
      },
    });
    acknowledgeWildcard(this.role, "*", "X-Ray's two write actions (and ListStreams, where granted) have no resource types.");
    acknowledge(this.function, deadLetterReason[stage.trigger.kind], "Serverless-LambdaDLQ");
  }

  /** Adds statements to the function's own role. One of a Sid that it holds for the same resources gains the actions it lacks. */
  allow(allowances: readonly Allowance[]): void {
    for (const { sid, actions, resources, conditions, wildcardReason } of allowances) {
      const held = this.held.get(sid);
      if (held && String(held.resources) === String(resources)) {
        held.addActions(...actions.filter((action) => !held.actions.includes(action)));
        continue;
      }
      const statement = new PolicyStatement({ sid, actions: [...actions], resources: [...resources], ...(conditions && { conditions }) });
      this.held.set(sid, statement);
      this.role.addToPolicy(statement);
      if (wildcardReason) for (const resource of resources) acknowledgeWildcard(this.role, resource, wildcardReason);
    }
  }
}

/** Where a failed event goes, by what drives the function: never to a dead-letter target of the function itself. */
const deadLetterReason: Readonly<Record<Stage["trigger"]["kind"], string>> = {
  queue: "Failed jobs go to the dead-letter queue of the queue that drives the function.",
  stream: "Failed records go to the event source mapping's on-failure queue.",
  schedule: "Failed runs go to the function's on-failure destination.",
  http: "Invoked synchronously: the caller gets the error.",
  socket: "Invoked synchronously: the caller gets the error.",
  socketAuthoriser: "Invoked synchronously: the connection is refused.",
};
