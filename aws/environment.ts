/** The environment of a function, read and checked once at cold start: a wrong deployment fails at once and says why. */
import * as z from "zod";

const name = z.string().min(1);
const url = z.url();
const list = z
  .string()
  .min(1)
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );

/** Every variable that Penfold knows, its form, and what to say when it is wrong. */
const variables = {
  ACCOUNTS_TABLE: [name, "the name of the accounts table"],
  DIRECTORY_TABLE: [name, "the name of the directory table"],
  TRACES_TABLE: [name, "the name of the traces table"],
  CONNECTIONS_TABLE: [name, "the name of the connections table"],
  MAIL_BUCKET: [name, "the name of the bucket of raw mail"],
  STATE_BUCKET: [name, "the name of the bucket of snapshots"],
  PARSE_QUEUE_URL: [url, "the URL of the parse queue"],
  SCAN_QUEUE_URL: [url, "the URL of the scan queue"],
  FILE_QUEUE_URL: [url, "the URL of the file queue"],
  SUBMIT_QUEUE_URL: [url, "the URL of the submit queue"],
  FEEDBACK_QUEUE_URL: [url, "the URL of the feedback queue"],
  SNAPSHOT_QUEUE_URL: [url, "the URL of the snapshot queue"],
  PUSH_QUEUE_URL: [url, "the URL of the push queue"],
  SHARE_QUEUE_URL: [url, "the URL of the share queue"],
  PUSH_LOOPBACK: [z.enum(["allow", "refuse"]), '"refuse", or "allow" on a laptop'],
  INDEX_QUEUE_URL: [url, "the URL of the index queue"],
  USER_POOL_ISSUER: [url, "the issuer of the user pool's tokens, such as https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Ab12Cd34E"],
  USER_POOL_CLIENT_IDS: [list, "one or more user pool client ids with commas between"],
  SOCKET_ENDPOINT: [url, "the https callback URL of the WebSocket stage"],
  SOCKET_URL: [url, "the wss URL of the WebSocket API"],
  PUBLIC_URL: [url, "the https origin of the service without a slash at the end"],
  MAIL_DOMAINS: [
    list.transform((domains) => domains.map((domain) => domain.toLowerCase())),
    "the service's own mail domains with commas between",
  ],
  SES_CONFIGURATION_SET: [name, "the name of the SES configuration set"],
  SERVICE_NAME: [name, "the name of the service"],
  EPOCH: [z.coerce.number().int().min(0).max(999_999), "the whole number of the epoch this region writes under"],
  ALLOWED_ORIGINS: [list, "browser origins with commas between"],
  UNKNOWN_RECIPIENT: [z.enum(["drop", "bounce"]), '"drop" or "bounce"'],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

export type VariableName = keyof typeof variables;
export type Environment<Name extends VariableName> = { readonly [N in Name]: z.output<(typeof variables)[N][0]> };

/** Values of the named variables. Throws an Error whose message names each one that is missing or wrong and what it must be. */
export const readEnvironment = <const Name extends VariableName>(
  names: readonly Name[],
  source: Readonly<Record<string, string | undefined>> = process.env,
): Environment<Name> => {
  const wrong: string[] = [];
  const values: Record<string, unknown> = {};
  for (const variable of names) {
    const [schema, meaning] = variables[variable];
    const given = source[variable];
    const read = schema.safeParse(given);
    if (read.success) values[variable] = read.data;
    else wrong.push(`${variable} ${given === undefined || given === "" ? "is missing" : "is not usable"}: it must be ${meaning}.`);
  }
  if (wrong.length > 0) throw new Error(`The function's environment is wrong. ${wrong.join(" ")}`);
  return values as Environment<Name>;
};
