import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onLoopback } from "../api-gateway/loopback-address.ts";
import { matchesPattern } from "../iam/pattern.ts";
import type { Caller } from "../ports.ts";
import { type CreatedResource, type ResourceProvider, type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { FunctionDefinition, LaterConfiguration } from "./function.ts";

const inert = (reason: string) => ({ inert: reason });

const functionProperties = {
  Code: "used",
  Handler: "used",
  Runtime: "used",
  Role: "used",
  FunctionName: "used",
  Timeout: "used",
  MemorySize: "used",
  Environment: "used",
  ReservedConcurrentExecutions: "used",
  DeadLetterConfig: "used",
  Description: "used",
  PackageType: "used",
  Architectures: inert("JavaScript runs on any"),
  LoggingConfig: inert("function logs are files under the data folder"),
  TracingConfig: inert("traces are not collected"),
  EphemeralStorage: inert("the laptop's own disk"),
  KmsKeyArn: inert("nothing is encrypted on a laptop"),
  Layers: inert("only the handlers of CDK's own custom resources use layers, and those are done natively"),
  RecursiveLoop: inert("not watched"),
  RuntimeManagementConfig: inert("the runtime is pinned by package.json"),
  SnapStart: inert("a cold start of a Node process is short"),
  Tags: inert("describes"),
} as const;

const laterDefaults: LaterConfiguration = { maximumRetries: 2, maximumAgeSeconds: 6 * 3600, onFailureArn: null, onSuccessArn: null };

/** The template's functions, with who may invoke them. */
export class Functions {
  readonly #context: ServiceContext;
  readonly #byArn = new Map<string, FunctionDefinition>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  all(): readonly FunctionDefinition[] {
    return [...this.#byArn.values()];
  }

  /** By name, ARN, or ARN with a version or alias. */
  find(nameOrArn: string): FunctionDefinition | undefined {
    const arn = nameOrArn.startsWith("arn:") ? nameOrArn.split(":").slice(0, 7).join(":") : this.#arnOf(nameOrArn.split(":")[0]!);
    return this.#byArn.get(arn);
  }

  /** Does the function's resource policy admit this AWS service for this resource? */
  admits(definition: FunctionDefinition, caller: Caller): boolean {
    if (caller === null) return true;
    return definition.permissions.some(
      ({ principal, sourceArn, sourceAccount }) =>
        principal === caller.service &&
        (sourceArn === null || matchesPattern(sourceArn, caller.sourceArn)) &&
        (sourceAccount === null || sourceAccount === this.#context.accountId),
    );
  }

  readonly resources: Readonly<Record<string, ResourceProvider>> = {
    "AWS::Lambda::Function": { properties: functionProperties, create: async (resource) => this.#create(resource) },
    "AWS::Lambda::Permission": {
      properties: { Action: "used", FunctionName: "used", Principal: "used", SourceArn: "used", SourceAccount: "used" },
      create: async (resource) => {
        const { FunctionName, Principal, SourceArn, SourceAccount } = resource.properties;
        this.#named(resource, String(FunctionName)).permissions.push({
          principal: String(Principal),
          sourceArn: SourceArn === undefined ? null : String(SourceArn),
          sourceAccount: SourceAccount === undefined ? null : String(SourceAccount),
        });
        return { ref: resource.physicalName(), attributes: { Id: resource.physicalName() } };
      },
    },
    "AWS::Lambda::EventInvokeConfig": {
      properties: {
        FunctionName: "used",
        Qualifier: "used",
        MaximumRetryAttempts: "used",
        MaximumEventAgeInSeconds: "used",
        DestinationConfig: "used",
      },
      create: async (resource) => {
        const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = resource.properties;
        const destinations = DestinationConfig as { OnFailure?: { Destination: string }; OnSuccess?: { Destination: string } } | undefined;
        this.#named(resource, String(FunctionName)).later = {
          maximumRetries: Number(MaximumRetryAttempts ?? laterDefaults.maximumRetries),
          maximumAgeSeconds: Number(MaximumEventAgeInSeconds ?? laterDefaults.maximumAgeSeconds),
          onFailureArn: destinations?.OnFailure?.Destination ?? null,
          onSuccessArn: destinations?.OnSuccess?.Destination ?? null,
        };
        return { ref: resource.physicalName(), attributes: {} };
      },
    },
    "AWS::Lambda::Version": {
      properties: {
        FunctionName: "used",
        Description: "used",
        CodeSha256: inert("one version"),
        ProvisionedConcurrencyConfig: inert("processes start when needed"),
      },
      create: async (resource) => {
        const arn = `${this.#named(resource, String(resource.properties.FunctionName)).arn}:1`;
        return { ref: arn, attributes: { FunctionArn: arn, Version: "1" } };
      },
    },
    "AWS::Lambda::Alias": {
      properties: {
        FunctionName: "used",
        FunctionVersion: "used",
        Name: "used",
        Description: "used",
        ProvisionedConcurrencyConfig: inert("processes start when needed"),
      },
      create: async (resource) => {
        const arn = `${this.#named(resource, String(resource.properties.FunctionName)).arn}:${String(resource.properties.Name)}`;
        return { ref: arn, attributes: { AliasArn: arn } };
      },
    },
  };

  #create(resource: TemplateResource): CreatedResource {
    const { properties } = resource;
    if ((properties.PackageType ?? "Zip") !== "Zip")
      throw new UnknownInTemplate(resource, "functions from container images are not known to the laptop cloud");
    const name = String(properties.FunctionName ?? resource.physicalName({ maxLength: 64 }));
    const arn = this.#arnOf(name);
    const variables = (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};
    const roleArn = String(properties.Role);
    const reserved = properties.ReservedConcurrentExecutions;
    this.#byArn.set(arn, {
      name,
      arn,
      handler: String(properties.Handler),
      runtime: String(properties.Runtime),
      codeDir: this.#codeDir(resource, name),
      timeoutSeconds: Number(properties.Timeout ?? 3),
      memoryMegabytes: Number(properties.MemorySize ?? 128),
      environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, onLoopback(String(value), this.#context)])),
      roleArn,
      roleName: roleArn.split("/").at(-1)!,
      reservedConcurrency: reserved === undefined ? null : Number(reserved),
      deadLetterArn: (properties.DeadLetterConfig as { TargetArn?: string } | undefined)?.TargetArn ?? null,
      permissions: [],
      later: laterDefaults,
    });
    return { ref: name, attributes: { Arn: arn } };
  }

  #codeDir(resource: TemplateResource, name: string): string {
    const code = resource.properties.Code as { S3Key?: string; ZipFile?: string };
    if (code.ZipFile !== undefined) {
      const folder = join(this.#context.dataDir, "inline", name);
      mkdirSync(folder, { recursive: true });
      const ending = String(resource.properties.Runtime).startsWith("python") ? "py" : "js";
      writeFileSync(join(folder, `index.${ending}`), code.ZipFile);
      return folder;
    }
    const path = code.S3Key ? this.#context.asset(code.S3Key) : null;
    if (!path) throw new UnknownInTemplate(resource, `its code ${code.S3Key ?? "(no S3Key)"} is not among the assets of the assembly`);
    if (!statSync(path).isDirectory()) {
      if (String(resource.properties.Runtime).startsWith("nodejs"))
        throw new UnknownInTemplate(resource, `its code ${path} is not a folder`);
      return join(path, "..");
    }
    return path;
  }

  #named(resource: TemplateResource, nameOrArn: string): FunctionDefinition {
    const definition = this.find(nameOrArn);
    if (!definition) throw new UnknownInTemplate(resource, `it names the function ${nameOrArn}, which the template does not make`);
    return definition;
  }

  #arnOf(name: string): string {
    return `arn:aws:lambda:${this.#context.region}:${this.#context.accountId}:function:${name}`;
  }
}
