/** Upload and download (RFC 8620 §6.1, §6.2). */
import { TransientError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { AccountState } from "../log/api.ts";
import type { Principal } from "../ports/directory-store.ts";
import { accessTo, mayWrite, viewOf } from "./access.ts";
import type { DownloadAnswer, JmapPorts, ProblemDocument, UploadAnswer } from "./api.ts";
import { findBlob, storeUpload } from "./blobs.ts";
import { problem } from "./errors.ts";

const MEDIA_TYPE = /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}(\s*;[\x20-\x7e]{0,255})?$/;
export const mediaType = (stated: string | null): string => (stated && MEDIA_TYPE.test(stated) ? stated : "application/octet-stream");

const failure = (ports: JmapPorts, error: unknown, doing: string): { outcome: "refused"; problem: ProblemDocument } => {
  ports.failed(error, doing);
  return { outcome: "refused", problem: error instanceof TransientError ? problem.unavailable() : problem.failed() };
};

const openAccount = async (
  ports: JmapPorts,
  principal: Principal,
  accountId: string,
  right: "read" | "write",
): Promise<AccountState | ProblemDocument> => {
  const access = accessTo(principal, accountId, right);
  if (access.outcome === "refused") return access.reason === "absent" ? problem.notFound() : problem.forbidden("The account is read-only.");
  const { account } = access;
  const whole = await ports.log.load(account.accountId);
  const view = whole && viewOf(principal.entryId, account, whole);
  if (!view) return problem.notFound();
  return right === "read" || mayWrite(principal.entryId, account, view) ? view : problem.forbidden("The account is read-only.");
};

const isProblem = (value: AccountState | ProblemDocument): value is ProblemDocument => "status" in value;

export const upload = async (
  ports: JmapPorts,
  principal: Principal,
  accountId: string,
  octets: Uint8Array,
  contentType: string | null,
): Promise<UploadAnswer> => {
  if (octets.byteLength > limits.jmap.maxSizeUpload)
    return { outcome: "refused", problem: problem.limit("maxSizeUpload", `A file may have ${limits.jmap.maxSizeUpload} octets.`, 413) };
  try {
    const state = await openAccount(ports, principal, accountId, "write");
    if (isProblem(state)) return { outcome: "refused", problem: state };
    const { quotaOctets, octets: used } = state.totals;
    if (quotaOctets > 0 && used + octets.byteLength > quotaOctets) return { outcome: "refused", problem: problem.overQuota() };
    const type = mediaType(contentType);
    const { blobId, size } = await storeUpload(ports, state, octets, type);
    return { outcome: "stored", json: { accountId: accountId as AccountId, blobId, type, size } };
  } catch (error) {
    return failure(ports, error, "upload");
  }
};

export const download = async (ports: JmapPorts, principal: Principal, accountId: string, blobId: string): Promise<DownloadAnswer> => {
  try {
    const state = await openAccount(ports, principal, accountId, "read");
    if (isProblem(state)) return { outcome: "refused", problem: state };
    const blob = await findBlob(ports, state, blobId, ports.now());
    if (!blob) return { outcome: "refused", problem: problem.notFound() };
    return { outcome: "found", sizeOctets: blob.sizeOctets, storedKey: blob.storedKey, read: (range) => blob.read(range) };
  } catch (error) {
    return failure(ports, error, "download");
  }
};
