import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { certificateIn } from "../../../local/ses/inbound/certificate.ts";

it("is for the name it was made for, as a client sees it that no longer reads the common name", () => {
  const folder = mkdtempSync(join(tmpdir(), "penfold-certificate-"));
  try {
    const certificate = new X509Certificate(certificateIn(folder, "mail.north.example", Date.UTC(2026, 10, 28)).cert);
    expect(certificate.checkHost("mail.north.example", { subject: "never" })).toBe("mail.north.example");
    expect(certificate.checkHost("other.example", { subject: "never" })).toBeUndefined();
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
