/** Ids of blobs that belong to a message (RFC 8620 §6): what they stand for is found in blobs.ts. */
import type { BlobId } from "../ids.ts";

export const messageBlobId = (emailId: string): BlobId => `GM${emailId}` as BlobId;
export const partBlobId = (whole: string, partId: string): BlobId => `${whole}-${partId}` as BlobId;
