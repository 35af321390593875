import type { StreamReader, StreamRecord } from "../lambda/stream-mapping.ts";
import type { DynamoDbService } from "./service.ts";

const api = "DynamoDBStreams_20120810";
const largestPage = 1_000;

interface Shard {
  ShardId: string;
  SequenceNumberRange: { EndingSequenceNumber?: string };
}

/** Reads a stream of the engine directly; who reads has been checked against the function's role. */
export function streamReader(service: DynamoDbService, streamArn: string): StreamReader {
  const StreamArn = service.toEngine(streamArn);
  const describe = async () =>
    (await service.client.call<{ StreamDescription: { Shards: Shard[] } }>(`${api}.DescribeStream`, { StreamArn })).StreamDescription
      .Shards;
  const iterator = async (shard: string, after: string | null) => {
    const type = after === null ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER";
    const input = { StreamArn, ShardId: shard, ShardIteratorType: type, ...(after === null ? {} : { SequenceNumber: after }) };
    return (await service.client.call<{ ShardIterator: string }>(`${api}.GetShardIterator`, input)).ShardIterator;
  };
  /** Writes seen before the last read began: one that came meanwhile must not be slept over. */
  let writesAtRead = -1;
  return {
    shards: async () => (await describe()).map((shard) => shard.ShardId),
    iterator,
    read: async (position, limit) => {
      const input = { ShardIterator: position, Limit: Math.min(limit, largestPage) };
      writesAtRead = service.writeCount;
      const page = await service.client.call<{ Records: StreamRecord[]; NextShardIterator?: string }>(`${api}.GetRecords`, input);
      return { records: page.Records, next: page.NextShardIterator ?? null };
    },
    newest: async (shard) =>
      (await describe()).find((candidate) => candidate.ShardId === shard)?.SequenceNumberRange.EndingSequenceNumber ?? null,
    changed: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (service.writeCount !== writesAtRead) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          unlisten();
          resolve();
        };
        const timer = setTimeout(done, milliseconds);
        signal.addEventListener("abort", done, { once: true });
        const unlisten = service.onWrite(done);
      }),
  };
}
