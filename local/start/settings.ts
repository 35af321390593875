import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

export interface StartSettings {
  /** Begin again: all data goes, the synthesized template stays. */
  readonly fresh: boolean;
  readonly seed: boolean;
  readonly dataDir: string;
  readonly environmentFile: string;
  readonly ports: { readonly gateway: number; readonly web: number; readonly smtp: number };
  readonly duplicateEvents: boolean;
  readonly retryAfterSeconds: number | undefined;
}

export const usage = `npm start -- [--fresh] [--no-seed] [--gateway-port N] [--web-port N] [--smtp-port N] [--data FOLDER]
             [--environment FILE] [--duplicate-events] [--retry-after SECONDS]
Also by PENFOLD_GATEWAY_PORT, PENFOLD_WEB_PORT, PENFOLD_SMTP_PORT, PENFOLD_DATA and PENFOLD_DYNAMODB_ENDPOINT.`;

/** Flags first, then the environment, then the defaults. Throws a sentence for what is not understood. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv, root: string): StartSettings {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      fresh: { type: "boolean", default: false },
      "no-seed": { type: "boolean", default: false },
      "duplicate-events": { type: "boolean", default: false },
      "retry-after": { type: "string" },
      "gateway-port": { type: "string" },
      "web-port": { type: "string" },
      "smtp-port": { type: "string" },
      data: { type: "string" },
      environment: { type: "string" },
    },
  });
  const port = (flag: "gateway-port" | "web-port" | "smtp-port", variable: string, otherwise: number) =>
    wholeNumber(values[flag] ?? env[variable], otherwise, 65_535, `--${flag} or ${variable}`);
  const retryAfter = values["retry-after"];
  return {
    fresh: values.fresh,
    seed: !values["no-seed"],
    duplicateEvents: values["duplicate-events"],
    retryAfterSeconds: retryAfter === undefined ? undefined : wholeNumber(retryAfter, 0, 43_200, "--retry-after"),
    dataDir: resolve(root, values.data ?? env.PENFOLD_DATA ?? ".penfold"),
    environmentFile: values.environment ?? join("config", "laptop.json"),
    ports: {
      gateway: port("gateway-port", "PENFOLD_GATEWAY_PORT", 4566),
      web: port("web-port", "PENFOLD_WEB_PORT", 8080),
      smtp: port("smtp-port", "PENFOLD_SMTP_PORT", 2525),
    },
  };
}

function wholeNumber(text: string | undefined, otherwise: number, most: number, name: string): number {
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= most) return number;
  throw new Error(`${name} must be a whole number from 0 to ${most}; it is "${text}".`);
}
