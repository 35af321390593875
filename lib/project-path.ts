import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of something in the project, wherever the command was started. */
export const projectPath = (path: string): string => join(root, path);
