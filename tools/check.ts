/** `npm run check`: every check there is, in the order of how soon it fails. CI runs exactly this. */
import { spawnSync } from "node:child_process";

const steps: readonly (readonly [name: string, script: string])[] = [
  ["lint and format", "lint"],
  ["types", "types"],
  ["types of the webmail", "types:web"],
  ["types of tests with outside clients, whose own sources are not ours to restrict", "types:clients"],
  ["dependency rules", "deps"],
  ["dead code", "dead"],
  ["generated documents are up to date", "docs -- --check"],
  ["tests", "test"],
];

for (const [name, script] of steps) {
  const started = performance.now();
  console.log(`\n── ${name}: npm run ${script}`);
  const { status } = spawnSync("npm", ["run", "--silent", ...script.split(" ")], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`\ncheck failed at: ${name}`);
    process.exit(status ?? 1);
  }
  console.log(`── ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
