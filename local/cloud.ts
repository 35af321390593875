import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDbService } from "./dynamodb/service.ts";
import { EventsService } from "./events/service.ts";
import { Gateway } from "./gateway/gateway.ts";
import { type AccessKey, Identities } from "./gateway/identities.ts";
import { Authority } from "./iam/authority.ts";
import { PolicyStore } from "./iam/policy-store.ts";
import { IamService } from "./iam/service.ts";
import type { FunctionCounts } from "./lambda/function.ts";
import { LambdaService } from "./lambda/service.ts";
import { claimPort } from "./listen-ports.ts";
import { locateNode } from "./node-runtime.ts";
import { ObservabilityService } from "./observability/service.ts";
import { PortRegistry } from "./port-registry.ts";
import { ChildRegister } from "./processes/child-register.ts";
import type { LocalService, Log, ServiceContext } from "./service.ts";
import { attachedServices } from "./services.ts";
import { SnsService } from "./sns/service.ts";
import { SqsService } from "./sqs/service.ts";
import { type Assembly, loadAssembly, type Template } from "./template/assembly.ts";
import { type DeployedResource, deploy } from "./template/deploy.ts";

export interface CloudOptions {
  /** A folder that `cdk synth` has written. */
  readonly assemblyDir: string;
  /** Everything the cloud keeps; made when absent. */
  readonly dataDir: string;
  /** On 127.0.0.1; 0 (the default) takes any free port. */
  readonly ports?: { readonly gateway?: number; readonly web?: number; readonly smtp?: number };
  /** Only stacks of this region are made; the region of the first stack when not given. */
  readonly region?: string;
  /** Changes a stack's template before it is used (in place, or by returning another): for tests of the tests. */
  readonly mutateTemplate?: (template: Template, stackName: string) => Template | undefined;
  readonly log?: Log;
  /** Fault: every event, batch and asynchronous invocation is delivered twice. */
  readonly duplicateEvents?: boolean;
  /** What a function failed is visible again after this; as in AWS (the queue's visibility timeout) when not given. */
  readonly retryAfterSeconds?: number;
  /** Most processes of one function; 4 when not given. */
  readonly functionProcesses?: number;
  readonly clock?: { now(): number };
  /** Called when a part that cannot be done without has died. */
  readonly onFatal?: (reason: string) => void;
}

export interface Cloud {
  readonly region: string;
  readonly accountId: string;
  readonly endpoints: { readonly gateway: string; readonly web: string; readonly smtp: { readonly host: string; readonly port: number } };
  /** The operator's key: may do everything. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Stack outputs, by stack and name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly resources: readonly DeployedResource[];
  readonly functionNames: readonly string[];
  /** Lines for the start summary. */
  readonly announcements: readonly (readonly [label: string, value: string])[];
  readonly dataDir: string;
  /** A resource by its logical id (and stack, when the id is in several). */
  resource(logicalId: string, stack?: string): DeployedResource;
  /** The key with which a function acts: to try its rights from outside. */
  functionCredentials(name: string): AccessKey;
  /** Kills a function's processes as kill -9 does; tells how many there were. */
  killFunction(name: string): number;
  functionPids(name: string): readonly number[];
  /** What each function has done since the start. */
  invokeCounts(): Readonly<Record<string, FunctionCounts>>;
  /** Messages in each queue, by queue name. */
  queueCounts(): Readonly<Record<string, { visible: number; inFlight: number; delayed: number }>>;
  stop(): Promise<void>;
}

const stopPatienceMilliseconds = 10_000;

/** Boots the cloud that an assembly describes. Rejects with a sentence when the template asks for something that is not known. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const assembly = chooseRegion(mutate(loadAssembly(options.assemblyDir), options.mutateTemplate), options.region);
  const { region, accountId } = assembly.stacks[0]!;
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const log = options.log ?? silentLog;
  const register = new ChildRegister(dataDir);
  const owner = register.owner();
  if (owner !== null)
    throw new Error(`The data folder ${dataDir} is in use by process ${owner}; stop it, or choose another with PENFOLD_DATA.`);
  register.claim();
  for (const what of register.endOrphans()) log.info("ended what an earlier run left behind", { what });

  const place = { region, accountId };
  const store = new PolicyStore(accountId);
  const authority = new Authority(store, place);
  const identities = new Identities(dataDir, accountId);
  const onFatal = options.onFatal ?? ((reason: string) => log.error(reason));
  const dynamodb = new DynamoDbService({ ...place, register, onFatal });
  const sqs = new SqsService();
  const lambda = new LambdaService({
    identities,
    register,
    sqs,
    dynamodb,
    logsDir: join(dataDir, "logs"),
    nodePath: locateNode(),
    mostProcesses: options.functionProcesses ?? 4,
    retryAfterSeconds: options.retryAfterSeconds ?? null,
  });
  const services: LocalService[] = [
    new IamService(store, place),
    dynamodb,
    sqs,
    new SnsService(),
    new EventsService(),
    new ObservabilityService(),
    ...attachedServices(),
    lambda,
  ];
  const clock = options.clock ?? { now: () => Date.now() };
  const gateway = new Gateway({ services, identities, authority, log, clock });
  const stop = stopper({ services, gateway, register, log });
  try {
    const ports = await claimPorts(options);
    const gatewayUrl = `http://127.0.0.1:${await gateway.listen(ports.gateway)}`;
    const webUrl = `http://127.0.0.1:${ports.web}`;
    const announcements: [string, string][] = [];
    const shared = { ...place, partition: "aws" as const, listenPorts: ports, gatewayUrl, webUrl, clock, log };
    const registry = new PortRegistry();
    for (const service of services) {
      const ownDir = join(dataDir, service.name);
      mkdirSync(ownDir, { recursive: true });
      const context: ServiceContext = {
        ...shared,
        dataDir: ownDir,
        faults: { duplicateEvents: options.duplicateEvents ?? false },
        asset: (key) => assembly.assets.get(key) ?? null,
        provide: (name, port) => registry.provide(name, port),
        port: (name) => registry.get(name),
        allowsService: (principal, check) => authority.allowsService(principal, check),
        allowsRole: (roleArn, check) => authority.allowsRole(roleArn, check),
        announce: (label, value) => announcements.push([label, value]),
      };
      await service.start(context);
    }
    const deployed = await deploy(assembly, services);
    for (const service of services) await service.opened?.();
    gateway.open();
    return {
      ...place,
      dataDir,
      announcements,
      outputs: deployed.outputs,
      resources: deployed.resources,
      endpoints: { gateway: gatewayUrl, web: webUrl, smtp: { host: "127.0.0.1", port: ports.smtp } },
      credentials: { accessKeyId: identities.operator.accessKeyId, secretAccessKey: identities.operator.secretAccessKey },
      functionNames: lambda.functions
        .all()
        .filter(({ runtime }) => runtime.startsWith("nodejs"))
        .map(({ name }) => name),
      resource: (logicalId, stack) => findResource(deployed.resources, logicalId, stack),
      functionCredentials: (name) => {
        const definition = lambda.functions.find(name);
        if (!definition) throw new Error(`There is no function ${name}`);
        return identities.forFunction(definition.name, definition.roleName);
      },
      killFunction: (name) => lambda.kill(name),
      functionPids: (name) => lambda.pids(name),
      invokeCounts: () => lambda.counts(),
      queueCounts: () => Object.fromEntries(sqs.queues.all().map((queue) => [queue.name, sqs.queues.counts(queue)])),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function claimPorts({ ports = {} }: CloudOptions): Promise<{ gateway: number; web: number; smtp: number }> {
  const claim = (port: number | undefined, purpose: string, name: string) =>
    claimPort({ port: port ?? 0, purpose, advice: `--${name}-port or PENFOLD_${name.toUpperCase()}_PORT` });
  return {
    gateway: await claim(ports.gateway, "the AWS endpoint", "gateway"),
    web: await claim(ports.web, "the web", "web"),
    smtp: await claim(ports.smtp, "incoming mail", "smtp"),
  };
}

/** Functions first (they call the rest), storage last; each once, each within its patience. */
function stopper(parts: { services: readonly LocalService[]; gateway: Gateway; register: ChildRegister; log: Log }): () => Promise<void> {
  let stopping: Promise<void> | null = null;
  const stopAll = async () => {
    for (const service of [...parts.services].reverse()) {
      if (service.name !== "lambda") parts.gateway.shut();
      const stopped = service
        .stop()
        .catch((error) => parts.log.error("a service did not stop cleanly", { service: service.name, reason: String(error) }));
      await Promise.race([stopped, pause(stopPatienceMilliseconds, undefined, { ref: false })]);
    }
    await parts.gateway.close();
    parts.register.release();
  };
  return () => {
    stopping ??= stopAll();
    return stopping;
  };
}

function mutate(assembly: Assembly, change: CloudOptions["mutateTemplate"]): Assembly {
  if (!change) return assembly;
  return {
    ...assembly,
    stacks: assembly.stacks.map((stack) => ({ ...stack, template: change(stack.template, stack.name) ?? stack.template })),
  };
}

function chooseRegion(assembly: Assembly, wanted: string | undefined): Assembly {
  const region = wanted ?? assembly.stacks[0]!.region;
  const stacks = assembly.stacks.filter((stack) => stack.region === region);
  if (stacks.length === 0) throw new Error(`The assembly ${assembly.directory} has no stack in the region ${region}.`);
  return { ...assembly, stacks };
}

function findResource(resources: readonly DeployedResource[], logicalId: string, stack: string | undefined): DeployedResource {
  const found = resources.filter((resource) => resource.logicalId === logicalId && (stack === undefined || resource.stack === stack));
  if (found.length === 1) return found[0]!;
  throw new Error(`${found.length} resources have the logical id ${logicalId}${stack ? ` in ${stack}` : ""}`);
}

const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
