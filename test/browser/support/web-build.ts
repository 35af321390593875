/** The webmail as it is deployed: built once when the sources are newer than what was built. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function newest(folder: string): number {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? newest(join(folder, entry.name)) : statSync(join(folder, entry.name)).mtimeMs,
    ),
  );
}

export async function ensureWebBuild(): Promise<void> {
  const built = join(root, "web", "dist", "index.html");
  const sources = Math.max(
    newest(join(root, "web", "src")),
    statSync(join(root, "web", "vite.config.ts")).mtimeMs,
    statSync(join(root, "web", "index.html")).mtimeMs,
  );
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  const done = spawnSync(process.execPath, [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "web", "--logLevel", "warn"], {
    cwd: root,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`Building the webmail failed:\n${done.stdout}${done.stderr}`);
}
