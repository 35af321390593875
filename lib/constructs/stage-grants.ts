/**
 * What each grant of the stage table becomes: environment variables that name the resource, and IAM statements with
 * explicit actions on explicit ARNs. Nothing else gives a function a right (docs/generated/iam.md lists the outcome).
 */
import { type QueueName, type ResourceGrant, writableMailPrefixes } from "../../core/stages.ts";
import type { TableName, TableReference } from "../table-plan.ts";

/** Names and ARNs of everything that a function may be given. */
export interface GrantableResources {
  readonly region: string;
  readonly tables: Readonly<Record<TableName, TableReference>>;
  readonly accountsStreamArn: string;
  readonly buckets: Readonly<Record<"mail" | "state", { readonly bucketName: string; readonly bucketArn: string }>>;
  readonly queues: Readonly<Partial<Record<QueueName, { readonly queueUrl: string; readonly queueArn: string }>>>;
  readonly keys: { readonly data: string; readonly transit: string };
  readonly sending: { readonly identityArns: readonly string[]; readonly configurationSet: string; readonly configurationSetArn: string };
  readonly sockets: { readonly endpoint: string; readonly postArn: string };
}

export interface GrantOutcome {
  readonly variables: Readonly<Record<string, string>>;
  readonly statements: readonly Allowance[];
}

/** One IAM statement and, if it must name a wildcard, why no narrower name will do. */
export interface Allowance {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly wildcardReason?: string;
}

const allow = (sid: string, actions: readonly string[], resources: readonly string[], wildcardReason?: string): Allowance => ({
  sid,
  actions,
  resources,
  ...(wildcardReason ? { wildcardReason } : {}),
});

const anyObject = "The keys of objects are not known beforehand; the statement names the bucket and the prefix.";

const readActions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
const writeActions = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/** Turns one grant into variables and statements. */
export const grantOutcome = (grant: ResourceGrant, resources: GrantableResources): GrantOutcome => {
  switch (grant) {
    case "accounts:read":
    case "directory:read":
    case "traces:read":
    case "connections:read":
      return tableGrant(grant.split(":")[0] as TableName, "Read", resources);
    case "accounts:write":
    case "directory:write":
    case "traces:write":
    case "connections:write":
      return tableGrant(grant.split(":")[0] as TableName, "Write", resources);
    case "accounts:stream":
      return streamGrant(resources);
    case "mail:read":
      return bucketRead("mail", resources);
    case "state:read":
      return bucketRead("state", resources);
    case "mail:write":
      return bucketWrite("mail", [...writableMailPrefixes], resources);
    case "state:write":
      return bucketWrite("state", [""], resources);
    case "mail:readTags":
      return {
        variables: { MAIL_BUCKET: resources.buckets.mail.bucketName },
        statements: [allow("MailReadTags", ["s3:GetObjectTagging"], [`${resources.buckets.mail.bucketArn}/*`], anyObject)],
      };
    case "ses:send":
      return sendGrant(resources);
    case "sockets:post":
      return {
        variables: { SOCKET_ENDPOINT: resources.sockets.endpoint },
        statements: [
          allow(
            "SocketsPost",
            ["execute-api:ManageConnections"],
            [resources.sockets.postArn],
            "Connections come and go; the statement names the API, its stage and posting only.",
          ),
        ],
      };
    default:
      return queueGrant(grant.slice("queue:".length, -":send".length) as QueueName, resources);
  }
};

const title = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * The right to have an AWS service use a key for the caller, and only through that service. Several grants may need it: a role holds one
 * statement of a Sid, with the actions of all (penfold-function.ts), so that none is there in vain.
 */
const throughService = (sid: string, actions: string[], keyArn: string, service: string, region: string): Allowance => ({
  ...allow(sid, actions, [keyArn]),
  conditions: { StringEquals: { "kms:ViaService": `${service}.${region}.amazonaws.com` } },
});

const tableKey = (resources: GrantableResources): Allowance =>
  throughService("TablesKey", ["kms:Decrypt"], resources.keys.data, "dynamodb", resources.region);

const tableGrant = (name: TableName, kind: "Read" | "Write", resources: GrantableResources): GrantOutcome => {
  const { tableName, tableArn } = resources.tables[name];
  return {
    variables: { [`${name.toUpperCase()}_TABLE`]: tableName },
    statements: [allow(`${title(name)}${kind}`, kind === "Read" ? readActions : writeActions, [tableArn]), tableKey(resources)],
  };
};

const streamGrant = (resources: GrantableResources): GrantOutcome => ({
  variables: {},
  statements: [
    allow("AccountsStream", ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [resources.accountsStreamArn]),
    allow(
      "ListStreams",
      ["dynamodb:ListStreams"],
      ["*"],
      "ListStreams has no resource types; Lambda asks for it before it reads a stream.",
    ),
    tableKey(resources),
  ],
});

const bucketRead = (name: "mail" | "state", resources: GrantableResources): GrantOutcome => {
  const { bucketName, bucketArn } = resources.buckets[name];
  return {
    variables: { [`${name.toUpperCase()}_BUCKET`]: bucketName },
    statements: [
      allow(`${title(name)}Read`, ["s3:GetObject"], [`${bucketArn}/*`], anyObject),
      // Without it S3 answers 403 for an object that does not exist, which would look like a missing right.
      allow(`${title(name)}Absent`, ["s3:ListBucket"], [bucketArn]),
      throughService("BucketsKey", ["kms:Decrypt"], resources.keys.data, "s3", resources.region),
    ],
  };
};

const bucketWrite = (name: "mail" | "state", prefixes: readonly string[], resources: GrantableResources): GrantOutcome => {
  const { bucketName, bucketArn } = resources.buckets[name];
  const objects = prefixes.map((prefix) => `${bucketArn}/${prefix}*`);
  return {
    variables: { [`${name.toUpperCase()}_BUCKET`]: bucketName },
    statements: [
      allow(`${title(name)}Write`, ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"], objects, anyObject),
      throughService("BucketsKey", ["kms:Decrypt", "kms:GenerateDataKey"], resources.keys.data, "s3", resources.region),
    ],
  };
};

const sendGrant = ({ sending }: GrantableResources): GrantOutcome => ({
  variables: { SES_CONFIGURATION_SET: sending.configurationSet },
  statements: [
    allow("SesSend", ["ses:SendEmail", "ses:SendRawEmail"], [...sending.identityArns, sending.configurationSetArn]),
    allow("SesBounce", ["ses:SendBounce"], [...sending.identityArns]),
  ],
});

const queueGrant = (name: QueueName, resources: GrantableResources): GrantOutcome => {
  const queue = resources.queues[name];
  if (queue === undefined) throw new Error(`A stage may send to queue "${name}", but no stage reads it (core/stages.ts).`);
  return {
    variables: { [`${name.toUpperCase()}_QUEUE_URL`]: queue.queueUrl },
    statements: [
      allow(`${title(name)}Send`, ["sqs:SendMessage"], [queue.queueArn]),
      throughService("QueuesKey", ["kms:Decrypt", "kms:GenerateDataKey"], resources.keys.transit, "sqs", resources.region),
    ],
  };
};

/** What Lambda itself does in the name of a function whose queue it polls. */
export const consumeStatements = (queueArn: string, resources: GrantableResources): Allowance[] => [
  allow("Consume", ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [queueArn]),
  throughService("QueuesKey", ["kms:Decrypt"], resources.keys.transit, "sqs", resources.region),
];

/** What Lambda does in the name of a function to hand on what failed to a dead-letter queue. */
export const deadLetterStatements = (queueArn: string, resources: GrantableResources): Allowance[] => [
  allow("DeadLetters", ["sqs:SendMessage"], [queueArn]),
  throughService("QueuesKey", ["kms:Decrypt", "kms:GenerateDataKey"], resources.keys.transit, "sqs", resources.region),
];
