/**
 * One DynamoDB attribute that holds a JSON document: plain text when short, else deflated against a dictionary of the
 * words our items are made of, so that an ordinary message's item stays within two write units.
 * First octet of the packed form: the dictionary's version. A dictionary is never changed, only followed by another.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { InvariantError } from "../core/errors.ts";

export type PackedAttribute = { S: string } | { B: Uint8Array };

const packAboveOctets = 700;

/** Most likely text last: deflate reaches nearer matches with fewer bits. */
const dictionaries: readonly Buffer[] = [
  Buffer.from(
    [
      '"iso-8859-1","windows-1252","us-ascii","message/rfc822","image/png","image/jpeg","application/octet-stream","application/pdf",',
      '"application/vnd.openxmlformats-officedocument.wordprocessingml.document","multipart/related","multipart/mixed","attachment",',
      '"reasons":["outside","dmarcNone"],"targets":[{"accountId":"A","recipient":"recipients":["reversePath":"',
      '"verdicts":{"spam":"PASS","virus":"PASS","spf":"PASS","dkim":"PASS","dmarc":"GRAY"},"submission":null,"refused":[],',
      '{"accountId":"A","id":"E","threadId":"T","rawKey":"inbound/","receivedAt":17,"afterEpoch":1,"afterSeq":,"marks":["outside"],',
      '"message":{"sizeOctets":,"headerOctets":,"messageId":["@"],"inReplyTo":["@mail.gmail.com"],"references":["@"],',
      '"from":[{"name":"","email":"@nhs.net"}],"sender":null,"replyTo":null,"to":[{"name":"","email":"@"}],"cc":null,"bcc":null,',
      '"subject":"Re: ","sentAt":17,"sentAtOffsetMinutes":60,"preview":"Dear ","hasAttachment":false,"bodyStructure":',
      '{"partId":null,"type":"multipart/alternative","charset":null,"disposition":null,"name":null,"cid":null,"language":null,',
      '"location":null,"encoding":"7bit","sizeOctets":0,"header":[0,],"body":[],"subParts":[',
      '{"partId":"1","type":"text/plain","charset":"utf-8","disposition":null,"name":null,"cid":null,"language":null,"location":null,',
      '"encoding":"quoted-printable","sizeOctets":,"header":[,],"body":[,],"subParts":null},',
      '{"partId":"2","type":"text/html","charset":"utf-8","disposition":null,"name":null,"cid":null,"language":null,"location":null,',
      '"encoding":"base64","sizeOctets":,"header":[,],"body":[,],"subParts":null}]}',
    ].join(""),
  ),
];
const current = 0;
/** A window of 8 KB and small tables: setting zlib up costs more than packing an item with the defaults. */
const tuning = { level: 6, windowBits: 13, memLevel: 6 } as const;

export const pack = (value: object): PackedAttribute => {
  const text = JSON.stringify(value);
  if (text.length <= packAboveOctets) return { S: text };
  const deflated = deflateRawSync(text, { ...tuning, dictionary: dictionaries[current] });
  const octets = new Uint8Array(deflated.length + 1);
  octets[0] = current + 1;
  octets.set(deflated, 1);
  return { B: octets };
};

/** Reads what `pack` wrote. Throws InvariantError for anything else: nobody but us writes these attributes. */
export const unpack = (attribute: { S?: string; B?: Uint8Array } | undefined): unknown => {
  if (attribute?.S !== undefined) return JSON.parse(attribute.S);
  const octets = attribute?.B;
  const dictionary = octets ? dictionaries[octets[0]! - 1] : undefined;
  if (!octets || !dictionary) throw new InvariantError("a packed attribute is absent or of an unknown version");
  return JSON.parse(inflateRawSync(octets.subarray(1), { dictionary }).toString("utf8"));
};
