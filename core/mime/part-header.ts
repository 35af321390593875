/** What a MIME part's header says of its body (RFC 2045 §5.1, §5.2, §6.1, §7, RFC 2183, RFC 3282, RFC 2557), as RFC 8621 §4.1.4 shows it. */
import { withoutComments } from "./comments.ts";
import { type HeaderField, headerText, lastField } from "./header-fields.ts";
import { type ParameterisedValue, parseParameterised } from "./parameters.ts";
import { type TransferEncoding, transferEncodingOf } from "./transfer-encoding.ts";
import { unfold } from "./unfold.ts";

export interface PartHeader {
  readonly type: string;
  /** Of a multipart; null when it has none. */
  readonly boundary: string | null;
  readonly charset: string | null;
  readonly disposition: string | null;
  readonly name: string | null;
  readonly cid: string | null;
  readonly language: readonly string[] | null;
  readonly location: string | null;
  readonly encoding: TransferEncoding;
  readonly unknownEncoding?: true;
}

const TYPE = /^[^\s/;"<>@,()[\]=\\]+\/[^\s;"<>@,()[\]=\\]+$/;

/** The last field counts where one is repeated, as RFC 8621 §4.1.3 has it for header properties. */
const rawOf = (octets: Buffer, fields: readonly HeaderField[], name: string): string | null => {
  const field = lastField(fields, name);
  return field ? headerText(octets, field) : null;
};

/** RFC 2045 §5.2: a missing or unreadable Content-Type means the implicit type. */
const typeOf = (contentType: ParameterisedValue | null, implicitType: string): string =>
  contentType && TYPE.test(contentType.value) && contentType.value.length <= 255 ? contentType.value : implicitType;

const charsetOf = (contentType: ParameterisedValue | null, type: string): string | null => {
  const stated = contentType?.parameters.get("charset")?.trim();
  if (stated) return stated;
  return contentType === null || type.startsWith("text/") ? "us-ascii" : null;
};

const contentIdOf = (raw: string | null): string | null => {
  if (raw === null) return null;
  const id = withoutComments(unfold(raw)).replace(/\s+/g, "").replace(/^</, "").replace(/>$/, "");
  return id === "" ? null : id;
};

const languagesOf = (raw: string | null): string[] | null => {
  if (raw === null) return null;
  const tags = withoutComments(unfold(raw))
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
  return tags.length > 0 ? tags : null;
};

/** Names are shown in lists and offered for saving: without control characters. */
const nameOf = (disposition: ParameterisedValue | null, contentType: ParameterisedValue | null): string | null => {
  const name = disposition?.parameters.get("filename") ?? contentType?.parameters.get("name");
  if (name === undefined) return null;
  return name.replace(/[\0-\x1f\x7f]/g, "").normalize("NFC") || null;
};

export const readPartHeader = (octets: Buffer, fields: readonly HeaderField[], implicitType: string): PartHeader => {
  const rawType = rawOf(octets, fields, "content-type");
  const rawDisposition = rawOf(octets, fields, "content-disposition");
  const rawLocation = rawOf(octets, fields, "content-location");
  const rawEncoding = rawOf(octets, fields, "content-transfer-encoding");
  const contentType = rawType === null ? null : parseParameterised(rawType);
  const disposition = rawDisposition === null ? null : parseParameterised(rawDisposition);
  const type = typeOf(contentType, implicitType);
  const encoding = transferEncodingOf(rawEncoding === null ? null : withoutComments(unfold(rawEncoding)));
  const location = rawLocation === null ? "" : withoutComments(unfold(rawLocation)).replace(/\s+/g, "");
  return {
    type,
    boundary: type.startsWith("multipart/") ? (contentType?.parameters.get("boundary")?.trimEnd() ?? null) : null,
    charset: charsetOf(contentType, type),
    disposition: disposition && disposition.value !== "" ? disposition.value : null,
    name: nameOf(disposition, contentType),
    cid: contentIdOf(rawOf(octets, fields, "content-id")),
    language: languagesOf(rawOf(octets, fields, "content-language")),
    location: location === "" ? null : location,
    encoding: encoding.encoding,
    ...(encoding.known ? {} : { unknownEncoding: true }),
  };
};
