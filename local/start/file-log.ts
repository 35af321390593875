import { createWriteStream } from "node:fs";
import type { Log } from "../service.ts";

/** The laptop cloud's own log: all of it to a file, warnings and errors to the terminal too. */
export function fileLog(file: string, terminal: (line: string) => void): Log {
  const stream = createWriteStream(file, { flags: "a" });
  const write = (level: "info" | "warn" | "error") => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    stream.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
    if (level === "error") terminal(`${message}${fields ? ` ${JSON.stringify(fields)}` : ""}`);
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}
