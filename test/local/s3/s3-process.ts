import { S3Service } from "../../../local/s3/s3-service.ts";
import { startRig } from "../service-rig.ts";

/** S3 in a process that a test can kill. Its queue takes nothing, so events stay undelivered. */
const rig = await startRig([new S3Service()], {
  dataDir: process.argv[2]!,
  ports: { queues: { send: () => new Promise(() => undefined) } },
});
const QueueConfigurations = [{ Event: "s3:ObjectCreated:*", Queue: "arn:aws:sqs:eu-west-2:1:q" }];
const bucket = await rig.make("AWS::S3::Bucket", "Killed", { NotificationConfiguration: { QueueConfigurations } });
console.log(rig.url, rig.operator.accessKeyId, rig.operator.secretAccessKey, bucket.ref);
