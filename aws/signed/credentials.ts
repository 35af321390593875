/**
 * The credentials of a Lambda function, which its runtime puts into the environment for the life of the process. Nowhere else is a
 * signed client used: the command line has the SDK's whole provider chain.
 */
import type { Credentials } from "./sign.ts";

export const functionCredentials = (source: Readonly<Record<string, string | undefined>> = process.env): Credentials => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = source;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error("The function's environment is wrong. AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing.");
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN || undefined };
};

/** Where a service is: an override of the environment, else AWS's regional endpoint. */
export const endpointOf = (
  service: "dynamodb" | "s3" | "sqs",
  source: Readonly<Record<string, string | undefined>> = process.env,
): string => {
  const override = source[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? source.AWS_ENDPOINT_URL;
  return override ? new URL(override).origin : `https://${service}.${regionOf(source)}.amazonaws.com`;
};

export const isOverridden = (service: "s3", source: Readonly<Record<string, string | undefined>> = process.env): boolean =>
  Boolean(source[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? source.AWS_ENDPOINT_URL);

export const regionOf = (source: Readonly<Record<string, string | undefined>> = process.env): string => {
  const region = source.AWS_REGION ?? source.AWS_DEFAULT_REGION;
  if (!region) throw new Error("The function's environment is wrong. AWS_REGION is missing.");
  return region;
};
