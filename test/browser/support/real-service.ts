/**
 * The whole service on this machine with its sample people: booted for the test, or one that already runs when PENFOLD_DATA names its
 * data folder.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AdminSetUserPasswordCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { z } from "zod";
import { bootCloud, projectRoot } from "../../support/booted-cloud.ts";

export interface SamplePerson {
  readonly mail: string;
  readonly name: string;
  readonly password: string;
}

export interface RealService {
  readonly web: string;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly people: readonly SamplePerson[];
  /** Two colleagues of one organisation; the first opens shared mailboxes too. */
  readonly colleagues: readonly [SamplePerson, SamplePerson];
  /** Calls the user pool as its operator. */
  operator(operation: "AdminSetUserPassword", parameters: { Username: string; Password: string; Permanent: boolean }): Promise<void>;
  stop(): Promise<void>;
}

const shape = z.object({
  region: z.string(),
  endpoints: z.object({ gateway: z.string(), web: z.string(), smtp: z.object({ host: z.string(), port: z.number() }) }),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

async function read(dataDir: string, stop: () => Promise<void>): Promise<RealService> {
  const { region, endpoints, credentials } = shape.parse(JSON.parse(readFileSync(join(dataDir, "running.json"), "utf8")));
  const { people } = JSON.parse(readFileSync(join(dataDir, "sample-people.json"), "utf8")) as { people: SamplePerson[] };
  const domain = people[0]?.mail.split("@")[1];
  const [first, second] = people.filter((person) => person.mail.endsWith(`@${domain}`));
  if (!first || !second) throw new Error("The sample data has no two colleagues.");
  const { userPoolId } = (await (await fetch(`${endpoints.web}/config.json`)).json()) as { userPoolId: string };
  const pool = new CognitoIdentityProviderClient({ region, endpoint: endpoints.gateway, credentials });
  const operator: RealService["operator"] = async (_, parameters) => {
    await pool.send(new AdminSetUserPasswordCommand({ UserPoolId: userPoolId, ...parameters }));
  };
  return { web: endpoints.web, smtp: endpoints.smtp, people, colleagues: [first, second], operator, stop };
}

export async function realService(): Promise<RealService> {
  const running = process.env.PENFOLD_DATA;
  if (running && existsSync(join(running, "running.json"))) return read(running, async () => {});
  const cloud = await bootCloud();
  try {
    await seed(cloud.dataDir, { gateway: cloud.endpoints.gateway, region: cloud.region, ...cloud.credentials });
    return await read(cloud.dataDir, cloud.stop);
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

async function seed(
  dataDir: string,
  access: { gateway: string; region: string; accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const child = spawn(process.execPath, [join(projectRoot, "tools", "seed", "main.ts")], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      PENFOLD_DATA: dataDir,
      AWS_ENDPOINT_URL: access.gateway,
      AWS_REGION: access.region,
      AWS_ACCESS_KEY_ID: access.accessKeyId,
      AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += String(piece)));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  if (code !== 0) throw new Error(`The sample data could not be loaded:\n${output}`);
}
