import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** One synthesized stack. */
export interface AssemblyStack {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
  readonly template: Template;
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { Type: string; Default?: string }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<Record<string, { Value: unknown; Export?: { Name: unknown }; Condition?: string }>>;
}

export interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface Assembly {
  readonly directory: string;
  readonly stacks: readonly AssemblyStack[];
  /** Absolute path of each file asset by the object key that templates use. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Manifest {
  artifacts?: Record<string, Artifact>;
}

interface Artifact {
  type: string;
  environment?: string;
  properties?: { templateFile?: string; stackName?: string; file?: string; directoryName?: string };
}

interface AssetManifest {
  files?: Record<string, { source: { path?: string; executable?: string[] }; destinations: Record<string, { objectKey: string }> }>;
}

const defaultAccountId = "111122223333";
const defaultRegion = "eu-west-2";

/** Reads a cloud assembly as `cdk synth` writes it, stages (nested assemblies) included. */
export function loadAssembly(directory: string): Assembly {
  const stacks: AssemblyStack[] = [];
  const assets = new Map<string, string>();
  readLevel(resolve(directory), stacks, assets);
  if (stacks.length === 0) throw new Error(`The cloud assembly ${directory} holds no stack; run "npx cdk synth" first.`);
  return { directory: resolve(directory), stacks, assets };
}

function readLevel(directory: string, stacks: AssemblyStack[], assets: Map<string, string>): void {
  const manifestFile = join(directory, "manifest.json");
  if (!existsSync(manifestFile))
    throw new Error(`No cloud assembly at ${directory} (manifest.json is missing); run "npx cdk synth" first.`);
  const manifest = readJson<Manifest>(manifestFile);
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    const properties = artifact.properties ?? {};
    if (artifact.type === "aws:cloudformation:stack" && properties.templateFile) {
      const [accountId, region] = environmentOf(artifact.environment);
      const template = readJson<Template>(join(directory, properties.templateFile));
      stacks.push({ id, name: properties.stackName ?? id, region, accountId, template });
    } else if (artifact.type === "cdk:asset-manifest" && properties.file) {
      readAssets(directory, readJson<AssetManifest>(join(directory, properties.file)), assets);
    } else if (artifact.type === "cdk:cloud-assembly" && properties.directoryName) {
      readLevel(join(directory, properties.directoryName), stacks, assets);
    }
  }
}

function readAssets(directory: string, manifest: AssetManifest, assets: Map<string, string>): void {
  for (const file of Object.values(manifest.files ?? {})) {
    if (!file.source.path) continue;
    for (const destination of Object.values(file.destinations)) assets.set(destination.objectKey, resolve(directory, file.source.path));
  }
}

/** `aws://account/region`; an environment-agnostic stack gets the laptop's defaults. */
function environmentOf(environment = ""): [string, string] {
  const [, account = "", region = ""] = /^aws:\/\/([^/]*)\/(.*)$/.exec(environment) ?? [];
  return [/^\d{12}$/.test(account) ? account : defaultAccountId, region === "" || region === "unknown-region" ? defaultRegion : region];
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
