import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Template } from "../../../local/template/assembly.ts";

export const fixtures = resolve(import.meta.dirname, "../../fixtures/local");

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "penfold-local-"));

/** Writes a cloud assembly as `cdk synth` would; assets are folders by object key. */
export function writeAssembly(stacks: Readonly<Record<string, Template>>, assets: Readonly<Record<string, string>> = {}): string {
  const directory = join(temporaryFolder(), "assembly");
  mkdirSync(directory);
  const artifacts: Record<string, object> = {};
  for (const [name, template] of Object.entries(stacks)) {
    writeFileSync(join(directory, `${name}.template.json`), JSON.stringify(template));
    artifacts[name] = {
      type: "aws:cloudformation:stack",
      environment: "aws://000000000000/eu-west-2",
      properties: { templateFile: `${name}.template.json`, stackName: name },
    };
  }
  const files = Object.entries(assets).map(([objectKey, path]) => [
    objectKey,
    { source: { path, packaging: "zip" }, destinations: { current: { bucketName: "assets", objectKey } } },
  ]);
  writeFileSync(join(directory, "assets.json"), JSON.stringify({ files: Object.fromEntries(files) }));
  artifacts.assets = { type: "cdk:asset-manifest", properties: { file: "assets.json" } };
  writeFileSync(join(directory, "manifest.json"), JSON.stringify({ version: "50.0.0", artifacts }));
  return directory;
}
