import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Stage } from "../../core/stages.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";
import { type GrantableResources, grantOutcome } from "./stage-grants.ts";

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
  }

  /** Adds statements to the function's own role. */
  allow(statements: readonly PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPolicy(statement);
  }
}
