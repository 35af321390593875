/** The packages that ship: what esbuild finds in the functions and in the webmail, with the licence each declares. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { stages } from "../../core/stages.ts";
import { type GeneratedDocument, table } from "./document.ts";

const root = resolve(import.meta.dirname, "../..");
const PERMISSIVE =
  /^\(?(MIT|MIT-0|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|CC0-1\.0|Unlicense|BlueOak-1\.0\.0|Python-2\.0|\(?MPL-2\.0 OR Apache-2\.0\)?|EUPL-1\.1\+? OR .*MIT.*)\)?/;

const inputsOf = async (entryPoints: string[], platform: "node" | "browser"): Promise<string[]> => {
  const built = await build({
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    outdir: "unused",
    platform,
    format: "esm",
    logLevel: "silent",
    absWorkingDir: root,
    external: platform === "browser" ? ["*.woff2", "*.woff", "*.svg"] : [],
    loader: { ".scss": "empty", ".css": "empty" },
    define: platform === "browser" ? { "process.env.NODE_ENV": '"production"' } : {},
  });
  return Object.keys(built.metafile?.inputs ?? {});
};

const packageOf = (input: string): string | null => {
  const at = input.lastIndexOf("node_modules/");
  if (at < 0) return null;
  const [first, second] = input.slice(at + "node_modules/".length).split("/");
  return `${input.slice(0, at)}node_modules/${first!.startsWith("@") ? `${first}/${second}` : first}`;
};

const shipped = async (): Promise<Map<string, Set<string>>> => {
  const where = new Map<string, Set<string>>();
  const add = (inputs: string[], part: string): void => {
    for (const input of inputs) {
      const folder = packageOf(input);
      if (folder) where.set(folder, (where.get(folder) ?? new Set()).add(part));
    }
  };
  add(
    await inputsOf(
      stages.map((stage) => stage.entry),
      "node",
    ),
    "functions",
  );
  const webEntry = ["web/src/main.tsx", "web/src/main.ts"].find((entry) => existsSync(join(root, entry)));
  if (webEntry) add([...(await inputsOf([webEntry], "browser")), "node_modules/nhsuk-frontend/x"], "webmail");
  return where;
};

export const thirdPartyDocument: GeneratedDocument = {
  file: "generated/third-party-licences.md",
  make: async () => {
    const rows = [...(await shipped())].map(([folder, parts]) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Record<string, string>;
      if (!PERMISSIVE.test(license ?? ""))
        throw new Error(`${name} ${version} ships under "${license}", which is not in the list of permissive licences`);
      return [name!, version!, license!, [...parts].sort().join(", ")];
    });
    const seen = new Set<string>();
    const unique = rows.filter((row) => !seen.has(row.join()) && seen.add(row.join()));
    unique.sort((a, b) => (a[0]! < b[0]! ? -1 : a[0]! > b[0]! ? 1 : a[1]! < b[1]! ? -1 : 1));
    return `# Third-party packages that ship\n\nFound in the bundles of the functions and the webmail. Everything else in package.json only builds, tests or runs the laptop cloud.\n\n${table(["package", "version", "licence", "part"], unique)}\n`;
  },
};
