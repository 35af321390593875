import { createHash } from "node:crypto";

/** A message attribute as the JSON protocol carries it; BinaryValue in base64. */
interface WireAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

export type WireAttributes = Readonly<Record<string, WireAttribute>>;

export function md5(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

/**
 * MD5OfMessageAttributes, "Calculating the MD5 message digest for message attributes" in the SQS developer guide:
 * sorted by name, each as length-prefixed name, length-prefixed type, a transport octet and the length-prefixed value.
 */
export function attributesDigest(attributes: WireAttributes): string {
  const hash = createHash("md5");
  const field = (octets: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(octets.length);
    hash.update(length).update(octets);
  };
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name]!;
    const binary = attribute.DataType.startsWith("Binary");
    field(Buffer.from(name));
    field(Buffer.from(attribute.DataType));
    hash.update(Buffer.of(binary ? 2 : 1));
    field(binary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? ""));
  }
  return hash.digest("hex");
}
