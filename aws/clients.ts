/** What the functions talk to AWS with: signed HTTP (docs/adr/0006-signed-http.md), made once a process, counted in its meter. */
import type { PushChannel } from "../core/ports/push-channel.ts";
import type { Dynamo } from "./dynamo.ts";
import { processMeter as meter } from "./meter.ts";
import { endpointOf, functionCredentials, isOverridden, regionOf } from "./signed/credentials.ts";
import { SignedBlobStore } from "./signed/signed-blob-store.ts";
import { createSignedDynamo } from "./signed/signed-dynamo.ts";
import { createSignedPushChannel } from "./signed/signed-push.ts";
import { createSignedSqsSender } from "./signed/signed-sqs.ts";
import type { SqsSender } from "./stage-queue.ts";

const signing = () => ({ region: regionOf(), credentials: functionCredentials() });

export const functionDynamo = (): Dynamo => createSignedDynamo({ ...signing(), endpoint: endpointOf("dynamodb"), meter });

export const functionSqsSender = (): SqsSender => createSignedSqsSender({ ...signing(), endpoint: endpointOf("sqs"), meter });

export const functionBlobStore = (bucket: string): SignedBlobStore =>
  new SignedBlobStore({ ...signing(), bucket, endpoint: isOverridden("s3") ? endpointOf("s3") : undefined, meter });

export const functionPushChannel = (endpoint: string): PushChannel => createSignedPushChannel({ ...signing(), endpoint });
