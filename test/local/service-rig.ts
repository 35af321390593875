import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gateway } from "../../local/gateway/gateway.ts";
import { Identities } from "../../local/gateway/identities.ts";
import { Authority } from "../../local/iam/authority.ts";
import { PolicyStore } from "../../local/iam/policy-store.ts";
import type { Ports } from "../../local/ports.ts";
import type { CreatedResource, LocalService, Log, PolicyDocument, ServiceContext, TemplateResource } from "../../local/service.ts";

export const region = "eu-west-2";
export const accountId = "111122223333";

/** Some services of the laptop cloud behind the real gateway (SigV4, IAM), without synthesizing anything: for conformance tests. */
export interface ServiceRig {
  readonly url: string;
  readonly dataDir: string;
  readonly operator: { accessKeyId: string; secretAccessKey: string };
  readonly clock: { now(): number; set(ms: number | null): void };
  readonly logged: { level: string; message: string }[];
  /** Makes one resource as the template would. */
  make(type: string, logicalId: string, properties: Record<string, unknown>): Promise<CreatedResource>;
  /** Credentials of a function whose role has these statements. */
  role(name: string, policy: PolicyDocument["Statement"]): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken: string }>;
  opened(): Promise<void>;
  stop(): Promise<void>;
  port<N extends keyof Ports>(name: N): Ports[N];
}

export interface RigOptions {
  dataDir?: string;
  ports?: Partial<Ports>;
  assets?: Record<string, string>;
  webPort?: number;
}

export async function startRig(services: LocalService[], options: RigOptions = {}): Promise<ServiceRig> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "penfold-rig-")));
  const store = new PolicyStore(accountId);
  const authority = new Authority(store, { accountId, region });
  const identities = new Identities(dataDir, accountId);
  const ports: Partial<Ports> = { ...options.ports };
  const logged: { level: string; message: string }[] = [];
  let fixedNow: number | null = null;
  const clock = {
    now: () => fixedNow ?? Date.now(),
    set: (ms: number | null) => {
      fixedNow = ms;
    },
  };
  const note = (level: string) => (message: string, fields?: object) =>
    void logged.push({ level, message: `${message} ${JSON.stringify(fields ?? {})}` });
  const log: Log = { info: note("info"), warn: note("warn"), error: note("error") };
  const port = <N extends keyof Ports>(name: N): Ports[N] => {
    const found = ports[name];
    if (!found) throw new Error(`no service of the rig provides ${name}`);
    return found as Ports[N];
  };
  const gateway = new Gateway({ services, identities, authority, log, clock: { now: () => Date.now() } });
  const url = `http://127.0.0.1:${await gateway.listen(0)}`;
  for (const service of services) {
    const own = join(dataDir, service.name);
    await mkdir(own, { recursive: true });
    const context: ServiceContext = {
      dataDir: own,
      region,
      accountId,
      partition: "aws",
      listenPorts: { web: options.webPort ?? 0, smtp: 0 },
      gatewayUrl: url,
      webUrl: `http://127.0.0.1:${options.webPort ?? 0}`,
      log,
      clock,
      faults: { duplicateEvents: false },
      asset: (key) => options.assets?.[key] ?? null,
      provide: (name, given) => {
        ports[name] = given;
      },
      port,
      allowsService: (principal, check) => authority.allowsService(principal, check),
      allowsRole: (arn, check) => authority.allowsRole(arn, check),
      announce: () => undefined,
    };
    await service.start(context);
  }
  gateway.open();
  const make: ServiceRig["make"] = async (type, logicalId, properties) => {
    const provider = [store, ...services].map((one) => one.resources[type]).find((found) => found !== undefined);
    if (!provider) throw new Error(`no service of the rig makes ${type}`);
    const unknown = Object.keys(properties).filter((name) => !provider.properties[name]);
    if (unknown.length > 0) throw new Error(`${type} does not know ${unknown.join(", ")}`);
    return provider.create(templateResource(type, logicalId, properties));
  };
  return {
    url,
    dataDir,
    operator: { accessKeyId: identities.operator.accessKeyId, secretAccessKey: identities.operator.secretAccessKey },
    clock,
    logged,
    make,
    port,
    role: async (name, statement) => {
      const PolicyDocument = { Version: "2012-10-17", Statement: statement };
      await make("AWS::IAM::Role", name, {
        RoleName: name,
        AssumeRolePolicyDocument: {},
        Policies: [{ PolicyName: "own", PolicyDocument }],
      });
      const key = identities.forFunction(`${name}-function`, name);
      return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey, sessionToken: key.sessionToken! };
    },
    opened: async () => {
      for (const service of services) await service.opened?.();
    },
    stop: async () => {
      await gateway.close();
      for (const service of services) await service.stop();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function templateResource(type: string, logicalId: string, properties: Record<string, unknown>): TemplateResource {
  const digest = createHash("sha256").update(logicalId).digest();
  return {
    stack: "Rig",
    logicalId,
    type,
    properties,
    physicalName: ({ maxLength = 63, lowerCase = false } = {}) => {
      const name = `Rig-${logicalId}-${digest.toString("hex").slice(0, 8)}`.slice(-maxLength);
      return lowerCase ? name.toLowerCase() : name;
    },
    stableId: (length, alphabet = "abcdefghijklmnopqrstuvwxyz0123456789") =>
      Array.from({ length }, (_, index) => alphabet[digest[index % digest.length]! % alphabet.length]).join(""),
  };
}
