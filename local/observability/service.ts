import type { ServerResponse } from "node:http";
import { type ApiCall, type IamCheck, type LocalService, ServiceError } from "../service.ts";

/** Rights that the calls of each sink need. */
const sinks: Readonly<Record<string, { readonly prefix: string; readonly operations: ReadonlySet<string> }>> = {
  monitoring: { prefix: "cloudwatch", operations: new Set(["PutMetricData"]) },
  logs: { prefix: "logs", operations: new Set(["CreateLogGroup", "CreateLogStream", "PutLogEvents"]) },
  xray: { prefix: "xray", operations: new Set(["PutTraceSegments", "PutTelemetryRecords"]) },
};

/**
 * CloudWatch metrics, CloudWatch Logs and X-Ray take what is sent and drop it: function logs are files under the data folder and
 * nobody draws graphs on a laptop. The right to send is enforced all the same; asking them for anything is refused.
 */
export class ObservabilityService implements LocalService {
  readonly name = "observability";
  readonly signingNames = Object.keys(sinks);
  readonly protocol = "json";
  readonly body = "buffered";
  readonly resources = {};

  async start(): Promise<void> {}

  iamOf(call: ApiCall): IamCheck[] {
    const { prefix, operation } = readCall(call);
    return [{ action: `${prefix}:${operation}`, resource: "*" }];
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    readCall(call);
    const cbor = String(call.headers["smithy-protocol"] ?? "").startsWith("rpc-v2-cbor");
    response.writeHead(
      200,
      cbor ? { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" } : { "content-type": "application/x-amz-json-1.1" },
    );
    response.end(cbor ? Buffer.of(0xa0) : "{}");
  }

  async stop(): Promise<void> {}
}

/** The operation is in x-amz-target (JSON), in the path (Smithy RPC v2, X-Ray's REST) or in the form (query). */
function readCall(call: ApiCall): { prefix: string; operation: string } {
  const scope = call.signature?.scope.split("/")[2] ?? "";
  const sink = sinks[scope];
  const named =
    String(call.headers["x-amz-target"] ?? "").split(".")[1] ??
    /\/operation\/(\w+)$/.exec(call.path)?.[1] ??
    { "/TraceSegments": "PutTraceSegments", "/TelemetryRecords": "PutTelemetryRecords" }[call.path] ??
    new URLSearchParams(call.body.toString("utf8")).get("Action") ??
    "";
  if (!sink?.operations.has(named))
    throw new ServiceError(400, "UnknownOperationException", `The laptop cloud keeps no ${scope}: "${named}" is not known here`);
  return { prefix: sink.prefix, operation: named };
}
