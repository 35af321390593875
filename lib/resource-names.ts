import type { TableName } from "./table-plan.ts";

/**
 * Names that are known before anything is deployed. Only what must be named from another region, an IAM policy of
 * another stack, or an operator's command line has one; everything else is named by CloudFormation.
 */
export const resourceNames = (serviceName: string, account: string) => ({
  table: (name: TableName) => `${serviceName}-${name}`,
  /** Bucket names are global, so they carry account and region. */
  bucket: (name: "mail" | "state" | "access-logs" | "web" | "mail-policy", region: string) => `${serviceName}-${name}-${account}-${region}`,
  keyAlias: (name: "data" | "transit" | "logs" | "identity") => `alias/${serviceName}-${name}`,
  queue: (name: string) => `${serviceName}-${name}`,
  deadLetterQueue: (name: string) => `${serviceName}-${name}-dlq`,
  function: (stage: string) => `${serviceName}-${stage}`,
  logGroup: (stage: string) => `/penfold/${serviceName}/${stage}`,
  receiptRuleSet: () => `${serviceName}-inbound`,
  receiptRule: () => "receive",
  configurationSet: () => `${serviceName}-outbound`,
  identityParameter: () => `/${serviceName}/identity`,
});

/** Every API of the WebSocket and HTTP kind has one stage; WebSocket paths carry its name. */
export const socketStage = "live";
