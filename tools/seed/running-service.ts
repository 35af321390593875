/** Finds the running laptop service (`running.json` in its data folder) and builds the ports on it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const shape = z.object({
  region: z.string(),
  endpoints: z.object({ gateway: z.string(), web: z.string(), smtp: z.object({ host: z.string(), port: z.number() }) }),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  functionNames: z.array(z.string()),
  resources: z.record(z.string(), z.record(z.string(), z.object({ type: z.string(), ref: z.string() }))),
});
export type RunningService = z.infer<typeof shape>;

export const findRunning = (dataDir: string): RunningService => {
  const path = join(dataDir, "running.json");
  if (!existsSync(path)) throw new Error(`No service runs on ${dataDir}: start it with npm start, or name its data folder with --data.`);
  return shape.parse(JSON.parse(readFileSync(path, "utf8")));
};

/** The SDKs and the signed client read these. */
export const adoptRunning = ({ region, endpoints, credentials }: RunningService): void => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoints.gateway,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env.AWS_PROFILE;
};

const refs = (running: RunningService, type: RegExp): string[] =>
  Object.values(running.resources).flatMap((stack) =>
    Object.values(stack).flatMap((resource) => (type.test(resource.type) ? [resource.ref] : [])),
  );

const only = (found: readonly string[], what: string): string => {
  if (found.length !== 1) throw new Error(`The running service has ${found.length} resources for ${what}; one is needed.`);
  return found[0]!;
};

export const tableOf = (running: RunningService, name: "accounts" | "directory" | "traces"): string =>
  only(
    refs(running, /^AWS::DynamoDB::(Global)?Table$/).filter((ref) => ref.endsWith(`-${name}`)),
    `the table of ${name}`,
  );

export const mailBucketOf = (running: RunningService): string =>
  only(
    refs(running, /^AWS::S3::Bucket$/).filter((ref) => /-mail-\d/.test(ref)),
    "the mail bucket",
  );

export const stateBucketOf = (running: RunningService): string =>
  only(
    refs(running, /^AWS::S3::Bucket$/).filter((ref) => /-state-\d/.test(ref)),
    "the state bucket",
  );

export const userPoolOf = (running: RunningService): string => only(refs(running, /^AWS::Cognito::UserPool$/), "the user pool");
